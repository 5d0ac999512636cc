// Systems that write to a hub without pause, whatever becomes of it, and the log of what they sent and what they were answered.
// The log is kept here, outside the hub: it is what the database is compared with.
import { setTimeout as sleep } from 'node:timers/promises';
import type { FhirAnswer, FhirCall, VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import type { FhirResource } from '../../src/fhir/resource.ts';
import type { Random } from '../contract/seeded-random.ts';
import { consent, entriesOf, goal, organizationOf, type RequestEntry } from './fixtures.ts';
import { hsa } from './test-hub.ts';

/** A write that was sent. */
export interface Sent {
  readonly requestId: string;
  /** How many versions it makes, all of them or none. */
  readonly versions: number;
  /** Undefined while it runs, and where the connection broke: it may have been done, whole, or not at all. */
  answer?: FhirAnswer;
}

export interface WriteLoad {
  readonly log: readonly Sent[];
  /** Answers that no kill explains: neither 2xx nor 503. */
  readonly unexpected: readonly string[];
  readonly acknowledged: readonly Sent[];
  /** Resolves when the running requests have ended. */
  readonly stop: () => Promise<void>;
}

export const isAcknowledged = ({ answer }: Sent): boolean =>
  answer !== undefined && answer.status >= 200 && answer.status < 300;

/** `Type/id` and version of what was written, in the order of the entries of a Bundle. */
export function writtenBy({
  body,
  headers,
}: FhirAnswer): readonly { readonly address: string; readonly versionId: string }[] {
  const locations =
    body?.['type'] === 'transaction-response'
      ? entriesOf({ body }).map(({ response }) => response?.location ?? '')
      : [headers.get('location') ?? ''];
  return locations.map((location) => {
    const [, address = '', versionId = ''] = /([A-Z][A-Za-z]+\/[^/]+)\/_history\/([^/]+)$/.exec(location) ?? [];
    return { address, versionId };
  });
}

/** A resource whose version the writer knows. */
interface Known {
  readonly address: string;
  readonly versionId: string;
}

/** One writer per patient (`Patient/id`), each with resources of its own, so that none has a reason to refuse another. */
export function startWriteLoad(
  system: Pick<VendorSystem, 'call'>,
  patients: readonly string[],
  random: Random,
): WriteLoad {
  const log: Sent[] = [];
  const acknowledged: Sent[] = [];
  const unexpected: string[] = [];
  const stopping = new AbortController();

  const send = async (call: FhirCall, versions: number): Promise<FhirAnswer | undefined> => {
    const requestId = `load-${log.length}`;
    const sent: Sent = { requestId, versions };
    log.push(sent);
    const headers = { ...call.headers, prefer: 'return=representation', 'x-request-id': requestId };
    const answer = await system.call({ ...call, headers }).catch(() => undefined);
    if (answer !== undefined) {
      sent.answer = answer;
      if (isAcknowledged(sent)) {
        acknowledged.push(sent);
        return answer;
      }
      if (answer.status !== 503) unexpected.push(`${call.method} ${call.path}: ${answer.status} ${answer.text}`);
    }
    // The hub is away, or its database is.
    await sleep(50);
    return undefined;
  };

  const write = async (patient: string): Promise<void> => {
    const goals: Known[] = [];
    const consents: Known[] = [];
    const take = (from: Known[]): Known | undefined => from.splice(random(from.length), 1)[0];
    const keep = (answer: FhirAnswer | undefined): void => {
      for (const known of answer === undefined ? [] : writtenBy(answer))
        (known.address.startsWith('Consent/') ? consents : goals).push(known);
    };
    const newGoal = (): FhirResource => numbered(goal(patient), random(1_000_000));
    const put = ({ address, versionId }: Known, resource: FhirResource): Promise<FhirAnswer | undefined> => {
      const body = { ...resource, id: address.slice(address.indexOf('/') + 1) };
      return send({ method: 'PUT', path: address, body, headers: { 'if-match': `W/"${versionId}"` } }, 1);
    };
    const actions: readonly (() => Promise<void>)[] = [
      async () => keep(await send({ method: 'POST', path: 'Goal', body: newGoal() }, 1)),
      async () => {
        const known = take(goals);
        if (known !== undefined) keep(await put(known, newGoal()));
      },
      async () => {
        const known = take(goals);
        if (known === undefined) return;
        const { address, versionId } = known;
        const body = [{ op: 'replace', path: '/description/text', value: `ändrat ${random(1_000_000)}` }];
        const headers = { 'if-match': `W/"${versionId}"`, 'content-type': 'application/json-patch+json' };
        keep(await send({ method: 'PATCH', path: address, body, headers }, 1));
      },
      async () => {
        const known = goals.length > 5 ? take(goals) : undefined;
        if (known === undefined) return;
        await send({ method: 'DELETE', path: known.address, headers: { 'if-match': `W/"${known.versionId}"` } }, 1);
      },
      async () => {
        const known = take(goals);
        const body = transaction([newGoal(), newGoal(), newGoal()], known, newGoal());
        keep(await send({ method: 'POST', path: '', body }, body.entry.length));
      },
      async () => {
        const known = take(consents);
        const status = random(2) === 0 ? 'active' : 'inactive';
        const body = {
          ...consent(patient, organizationOf(hsa.regionUppsala), organizationOf(hsa.homeCare)),
          status,
        };
        const sent = await (known === undefined
          ? send({ method: 'POST', path: 'Consent', body }, 1)
          : put(known, body));
        // What is withdrawn stays so.
        if (status === 'active') keep(sent);
      },
    ];
    while (!stopping.signal.aborted) await actions[random(actions.length)]?.();
  };

  const writers = patients.map(write);
  return {
    log,
    unexpected,
    acknowledged,
    stop: async () => {
      stopping.abort();
      await Promise.all(writers);
    },
  };
}

/** Found by each kind of index row: a token, a date, a reference and words. */
function numbered(resource: FhirResource, number: number): FhirResource {
  const startDate = new Date(Date.UTC(2026, 0, 1 + (number % 365))).toISOString().slice(0, 10);
  return {
    ...resource,
    identifier: [{ system: 'https://vendor.example/goal', value: String(number) }],
    description: { text: `mål ${number}` },
    startDate,
  };
}

function transaction(
  created: readonly FhirResource[],
  known: Known | undefined,
  changed: FhirResource,
): { readonly resourceType: 'Bundle'; readonly type: 'transaction'; readonly entry: readonly RequestEntry[] } {
  const entry: RequestEntry[] = created.map((resource) => ({ resource, request: { method: 'POST', url: 'Goal' } }));
  if (known !== undefined) {
    const { address, versionId } = known;
    entry.push({
      resource: { ...changed, id: address.slice('Goal/'.length) },
      request: { method: 'PUT', url: address, ifMatch: `W/"${versionId}"` },
    });
  }
  return { resourceType: 'Bundle', type: 'transaction', entry };
}
