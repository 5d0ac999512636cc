// Which lines of NDJSON files go down together, and what their ids and references become. Files are read twice: once to learn what they
// hold, once to write it; in memory is only where each line stands. https://hl7.org/fhir/R4/nd-json.html
import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { findSubjectReferences, type FindTypePolicy } from '../access/compartment.ts';
import { ClientCommandError } from '../auth/clients.ts';
import type { Principal } from '../access/principal.ts';
import { type Finding, Problem } from '../core/problem.ts';
import { rewriteReferences } from '../fhir/reference.ts';
import type { FhirResource } from '../fhir/resource.ts';
import { parseResource } from '../interactions/accept-resource.ts';
import { toImportedId } from '../interactions/import-lines.ts';
import type { Services } from '../interactions/services.ts';

export interface PlannedLine {
  readonly file: string;
  /** From 1. */
  readonly number: number;
  readonly offset: number;
  readonly bytes: number;
  /** As it was called where it came from. */
  readonly source: string;
  /** The address here. */
  readonly target: string;
  readonly group: string;
}

export interface ImportPlan {
  /** In the order in which they are to be written. */
  readonly lines: readonly PlannedLine[];
  /** Lines that are no resources the party may write. */
  readonly refused: readonly {
    readonly file: string;
    readonly number: number;
    readonly source: string;
    readonly findings: readonly Finding[];
  }[];
  /** What the operator writes; references to Organizations are kept by identifier. */
  readonly passedOver: number;
  /** The resource of a line, as it is to be written. */
  readonly load: (line: PlannedLine) => Promise<FhirResource & { readonly id: string }>;
  readonly close: () => Promise<void>;
}

interface Read {
  readonly file: string;
  readonly number: number;
  readonly offset: number;
  readonly bytes: number;
  readonly source: string;
  readonly type: string;
  /** What its subject element refers to. */
  readonly subject: string | undefined;
}

/** Reads the files once. @throws ClientCommandError where one cannot be read */
export async function planImport(
  services: Services,
  principal: Principal,
  files: readonly string[],
): Promise<ImportPlan> {
  const { findTypePolicy } = services.mode;
  const rankOf = toRank(findTypePolicy);
  const handles = new Map<string, FileHandle>();
  const targets = new Map<string, string>();
  const read: Read[] = [];
  const refused: { file: string; number: number; source: string; findings: readonly Finding[] }[] = [];
  let passedOver = 0;
  for (const file of files) {
    const handle = await open(file).catch((error: unknown) => {
      throw new ClientCommandError(`The file ${file} cannot be read.`, { cause: error });
    });
    handles.set(file, handle);
    for await (const { number, offset, bytes, text } of readLines(handle)) {
      if (text.trim() === '') continue;
      try {
        const resource = parseResource(text, services);
        if (services.mode.normalizesSystems) services.normalizeSystems(resource);
        const { resourceType: type, id = createHash('sha256').update(text).digest('hex').slice(0, 32) } = resource;
        const source = `${type}/${id}`;
        if (isForTheOperator(findTypePolicy(type))) {
          const condition = toCondition(resource);
          if (condition !== undefined) targets.set(source, condition);
          passedOver += 1;
          continue;
        }
        targets.set(source, `${type}/${chooseId(services, principal, { resource, source })}`);
        read.push({
          file,
          number,
          offset,
          bytes,
          source,
          type,
          subject: findSubjectReferences(resource, findTypePolicy).map(toSource)[0],
        });
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        refused.push({ file, number, source: '', findings: error.findings });
      }
    }
  }
  const bySource = new Map(read.map((one) => [one.source, one]));
  const lines = read
    .map((one) => {
      const rank = rankOf(one.type);
      const line = toPlanned(one, bySource, targets);
      return { rank, line: rank === 0 ? { ...line, group: '' } : line };
    })
    .toSorted((a, b) => a.rank - b.rank || compare(a.line.group, b.line.group))
    .map(({ line }) => line);
  return {
    lines,
    refused,
    passedOver,
    load: async (line) => {
      const buffer = Buffer.alloc(line.bytes);
      await handles.get(line.file)?.read(buffer, 0, line.bytes, line.offset);
      const resource = rewriteReferences(parseResource(buffer.toString('utf8'), services), ({ reference }) =>
        targets.get(toSource(reference)),
      );
      return { ...resource, id: line.target.slice(line.target.indexOf('/') + 1) };
    },
    close: async () => {
      for (const handle of handles.values()) await handle.close();
    },
  };
}

/** The directory first: persons' data refers to it. */
const toRank =
  (findTypePolicy: FindTypePolicy) =>
  (type: string): number =>
    findTypePolicy(type)?.kind === 'directory' ? 0 : 1;

const isForTheOperator = (policy: ReturnType<FindTypePolicy>): boolean =>
  policy?.kind === 'directory' && policy.writer === 'operator';

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

function toPlanned(one: Read, bySource: ReadonlyMap<string, Read>, targets: ReadonlyMap<string, string>): PlannedLine {
  let root = one;
  for (let steps = 0; steps < 4 && root.subject !== undefined; steps += 1) {
    const next = bySource.get(root.subject);
    if (next === undefined) break;
    root = next;
  }
  const { file, number, offset, bytes, source } = one;
  const group = root.subject ?? root.source;
  return { file, number, offset, bytes, source, target: targets.get(source) ?? source, group };
}

/** `Patient/1` of `https://old.example/fhir/Patient/1/_history/2`; the text itself where it has no such end. */
function toSource(reference: string): string {
  return (
    /(?:^|\/)([A-Z][A-Za-z]{1,63}\/[A-Za-z0-9\-.]{1,64})(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/.exec(reference)?.[1] ??
    reference
  );
}

function chooseId(
  services: Services,
  principal: Principal,
  { resource, source }: { readonly resource: FhirResource; readonly source: string },
): string {
  const derived =
    resource.resourceType === 'Patient' ? services.mode.derivePersonIds(resource, services.hubKey)[0] : undefined;
  return derived ?? toImportedId(services, principal, source);
}

const organizationSystems = ['urn:oid:1.2.752.29.4.19', 'urn:oid:2.5.4.97'];

function toCondition(organization: FhirResource): string | undefined {
  const identifiers = (organization['identifier'] ?? []) as readonly {
    readonly system?: string;
    readonly value?: string;
  }[];
  for (const system of organizationSystems) {
    const found = identifiers.find((identifier) => identifier.system === system && identifier.value !== undefined);
    if (found?.value !== undefined) return `Organization?identifier=${system}|${found.value}`;
  }
  return undefined;
}

interface TextLine {
  readonly number: number;
  readonly offset: number;
  readonly bytes: number;
  readonly text: string;
}

const newline = 0x0a;

async function* readLines(handle: FileHandle): AsyncGenerator<TextLine> {
  let rest: Buffer = Buffer.alloc(0);
  let offset = 0;
  let number = 1;
  let position = 0;
  const chunk = Buffer.alloc(1024 * 1024);
  for (;;) {
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, position);
    position += bytesRead;
    rest = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
    for (let end = rest.indexOf(newline); end !== -1; end = rest.indexOf(newline)) {
      yield { number, offset, bytes: end, text: rest.toString('utf8', 0, end) };
      rest = rest.subarray(end + 1);
      offset += end + 1;
      number += 1;
    }
    if (bytesRead === 0) break;
  }
  if (rest.length > 0) yield { number, offset, bytes: rest.length, text: rest.toString('utf8') };
}
