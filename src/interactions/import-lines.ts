// Writes resources that come from another system's export, as the party they belong to: the validation, the decisions and the one
// transaction of any write, with ids that are the same each time, so that an import that was broken off is simply run again.
// What is refused is told line by line and holds back nothing but what refers to it.
import { createHmac } from 'node:crypto';
import { writerOf } from '../access/decide-write.ts';
import type { Permit } from '../access/permit.ts';
import { decide } from '../access/decide.ts';
import type { Principal } from '../access/principal.ts';
import { type Finding, Problem } from '../core/problem.ts';
import type { FhirResource } from '../fhir/resource.ts';
import { findFaults } from './accept-resource.ts';
import { carryOut } from './carry-out.ts';
import type { Create } from './change.ts';
import type { Services } from './services.ts';
import { withFreshSearch } from './with-fresh-search.ts';

export interface ImportLine {
  /** What must go down together: a person, or nothing. */
  readonly group: string;
  /** With the ids and references that it has here. */
  readonly resource: FhirResource & { readonly id: string };
}

export interface ImportOutcome<Line extends ImportLine> {
  readonly written: number;
  /** Already there from an earlier run. */
  readonly known: number;
  readonly refused: readonly { readonly line: Line; readonly findings: readonly Finding[] }[];
}

interface Ready<Line extends ImportLine> {
  readonly line: Line;
  readonly change: Create;
}

/** The id that a resource of the party gets here: the same for the same source, and nobody else's. In plain mode its own. */
export function toImportedId(services: Services, principal: Principal, source: string): string {
  if (services.mode.allowsUpdateCreate) return source.slice(source.indexOf('/') + 1);
  const hex = createHmac('sha256', services.hubKey)
    .update(`import|${writerOf(principal)}|${source}`)
    .digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Writes the lines in as few transactions as they allow. @throws Problem where the hub or the client itself fails, not a line */
export async function importLines<Line extends ImportLine>(
  services: Services,
  principal: Principal,
  lines: readonly Line[],
): Promise<ImportOutcome<Line>> {
  const refused: { line: Line; findings: readonly Finding[] }[] = [];
  const known = await findKnown(services, principal, lines);
  const fresh = lines.filter((line) => !known.has(addressOf(line)));
  const ready: Ready<Line>[] = [];
  for (const [at, line] of fresh.entries()) {
    const result = prepare(services, principal, { line, at });
    if ('findings' in result) refused.push({ line, findings: result.findings });
    else ready.push(result);
  }
  const outcome = await write(services, principal, ready);
  return { written: outcome.written, known: known.size, refused: [...refused, ...outcome.refused] };
}

const addressOf = ({ resource }: ImportLine): string => `${resource.resourceType}/${resource.id}`;

const permitFor = (services: Services, principal: Principal): Permit =>
  decide({ kind: 'transaction' }, { principal, at: services.clock(), requestId: services.ids.opaque() });

/** Also what has been deleted since: it does not come back. */
async function findKnown(
  services: Services,
  principal: Principal,
  lines: readonly ImportLine[],
): Promise<ReadonlySet<string>> {
  const permit = permitFor(services, principal);
  const addresses = lines.map(({ resource }) => ({ type: resource.resourceType, id: resource.id }));
  const found = await services.store.transaction(permit, (inside) => inside.lockCurrent(permit, addresses));
  return new Set(found.map(({ type, id }) => `${type}/${id}`));
}

function prepare<Line extends ImportLine>(
  services: Services,
  principal: Principal,
  { line, at }: { readonly line: Line; readonly at: number },
): Ready<Line> | { readonly findings: readonly Finding[] } {
  const { resource } = line;
  const { resourceType: type, id } = resource;
  const path = `Bundle.entry[${at}].resource`;
  try {
    const permit = decide(
      { kind: 'create', type },
      { principal, at: services.clock(), requestId: 'import', findTypePolicy: services.mode.findTypePolicy },
    );
    const faults = findFaults(resource, path, services).filter(({ severity }) => severity === 'error');
    if (faults.length > 0) return { findings: faults.map((finding) => relocate(finding, path, type)) };
    return { line, change: { kind: 'create', type, id, permit, path, resource, ifNoneExist: undefined } };
  } catch (error) {
    if (error instanceof Problem) return { findings: error.findings };
    throw error;
  }
}

async function write<Line extends ImportLine>(
  services: Services,
  principal: Principal,
  all: readonly Ready<Line>[],
): Promise<Pick<ImportOutcome<Line>, 'written' | 'refused'>> {
  const refused: { line: Line; findings: readonly Finding[] }[] = [];
  let pending = all;
  while (pending.length > 0) {
    try {
      const changes = pending.map(({ change }) => change);
      await withFreshSearch(services, () => carryOut(services, permitFor(services, principal), changes, 'transaction'));
      return { written: pending.length, refused };
    } catch (error) {
      if (!(error instanceof Problem) || isOfTheHub(error)) throw error;
      const blamed = new Map(
        pending.map((one) => [one, error.findings.filter((finding) => isAt(finding, one.change.path))]),
      );
      const others = pending.filter((one) => blamed.get(one)?.length === 0);
      if (others.length === pending.length)
        return addTo(refused, await divide(services, principal, { pending, error }));
      for (const [one, findings] of blamed) {
        const { path, type } = one.change;
        if (findings.length > 0)
          refused.push({ line: one.line, findings: findings.map((finding) => relocate(finding, path, type)) });
      }
      pending = others;
    }
  }
  return { written: 0, refused };
}

/** The refusal names no line: person by person, then line by line, until it is clear whose it is. */
async function divide<Line extends ImportLine>(
  services: Services,
  principal: Principal,
  { pending, error }: { readonly pending: readonly Ready<Line>[]; readonly error: Problem },
): Promise<Pick<ImportOutcome<Line>, 'written' | 'refused'>> {
  const [only, ...more] = pending;
  if (only !== undefined && more.length === 0)
    return { written: 0, refused: [{ line: only.line, findings: error.findings }] };
  const groups = [...Map.groupBy(pending, ({ line }) => line.group).values()];
  const parts = groups.length > 1 ? groups : pending.map((one) => [one]);
  let sum: Pick<ImportOutcome<Line>, 'written' | 'refused'> = { written: 0, refused: [] };
  for (const part of parts) {
    const outcome = await write(services, principal, part);
    sum = { written: sum.written + outcome.written, refused: [...sum.refused, ...outcome.refused] };
  }
  return sum;
}

function addTo<Line extends ImportLine>(
  before: ImportOutcome<Line>['refused'],
  outcome: Pick<ImportOutcome<Line>, 'written' | 'refused'>,
): Pick<ImportOutcome<Line>, 'written' | 'refused'> {
  return { written: outcome.written, refused: [...before, ...outcome.refused] };
}

/** Not the line's fault: the client is disabled, the database is away. The import stops and can be run again. */
const isOfTheHub = ({ status }: Problem): boolean => status >= 500 || status === 401;

const isAt = ({ expression }: Finding, path: string): boolean =>
  expression !== undefined &&
  (expression === path || expression.startsWith(`${path}.`) || path.startsWith(`${expression}.`));

const relocate = (finding: Finding, path: string, type: string): Finding => ({
  ...finding,
  expression: finding.expression?.startsWith(path) === true ? `${type}${finding.expression.slice(path.length)}` : type,
});
