// The id that a request is known by in the answer, the process log and the audit log: the caller's own where it is harmless there.
import type { IdSource } from '../core/ids.ts';

const name = /^[A-Za-z0-9\-_.]{1,64}$/;

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A personal number or samordningsnummer, with its century or without, anywhere; or the beginning of a token. */
const secret =
  /(?<!\d)(?:18|19|20)?\d{2}(?:0[1-9]|1[0-2])(?:[06][1-9]|[1278]\d|[39][01])[-_.]?\d{4}(?!\d)|eyJ[A-Za-z0-9_-]{8}/;

/** The given id, unless it is no name, or tells what no log may hold: then a new one. */
export function chooseRequestId(given: string | undefined, ids: IdSource): string {
  if (given === undefined || !name.test(given)) return ids.opaque();
  return uuid.test(given) || !secret.test(given) ? given : ids.opaque();
}
