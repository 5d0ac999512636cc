// What conditional references (`Patient?identifier=…`) lead to. In a transaction they are resolved last, so that they see what its other
// entries write: such a reference is matched with the Bundle put down, which is then taken back and put down with the match in place.
// https://hl7.org/fhir/R4/http.html#trules
import type { Permit } from '../access/permit.ts';
import { requireScope } from '../access/decide.ts';
import { type Finding, throwIfErrors } from '../core/problem.ts';
import { forEachReference, parseReference } from '../fhir/reference.ts';
import type { ResourceAddress } from '../fhir/resource.ts';
import type { Filter, SearchQuery } from '../search/query.ts';
import type { ResourceWrite, WriteTransaction } from '../store/store.ts';
import { requireChainScope } from './chain-scope.ts';
import type { SettledChange } from './change.ts';
import { parseCondition } from './condition.ts';
import { joinPath, locateAt } from './locate.ts';
import type { Services } from './services.ts';

/** At most two matches for each text of a conditional reference. */
export type Matches = ReadonlyMap<string, readonly ResourceAddress[]>;

interface MatchInput {
  readonly services: Services;
  readonly transaction: WriteTransaction;
  readonly permit: Permit;
  readonly changes: readonly SettledChange[];
  /** The changes are entries of one Bundle, and their references see what they write. */
  readonly isTransaction: boolean;
  /** What the changes come to with these in place of their conditional references. @throws reference-not-found, reference-ambiguous */
  readonly foresee: (known: Matches) => Promise<readonly ResourceWrite[]>;
}

/** A conditional reference's text and what it asks. */
type Question = readonly [text: string, query: SearchQuery];

/** @throws scope-insufficient, search-…, reference-circular, and what `foresee` throws */
export async function matchConditional(input: MatchInput): Promise<Matches> {
  const { services, transaction, permit } = input;
  const questions = findQuestions(input);
  const matches = new Map<string, readonly ResourceAddress[]>();
  const keep = (asked: readonly Question[], found: readonly (readonly ResourceAddress[])[]): void => {
    asked.forEach(([text], at) => matches.set(text, found[at] ?? []));
  };
  const isOpen = asksForWritten(input);
  const stored = questions.filter((question) => !isOpen(question));
  keep(stored, await transaction.match(permit, stored.map(queryOf), 2));
  let open = questions.filter(isOpen);
  while (open.length > 0) {
    const standIns = new Map(open.map(([text, { type }]) => [text, [{ type, id: services.ids.opaque() }]]));
    const writes = await input.foresee(new Map([...matches, ...standIns]));
    const isWaiting = looksAtOpen(writes, new Set([...standIns.values()].flat().map(({ id }) => id)));
    const ready = open.filter((question) => !isWaiting(question));
    if (ready.length === 0) throwIfErrors(findCircular(input, new Set(standIns.keys())));
    keep(ready, await transaction.matchAfter(permit, { writes, queries: ready.map(queryOf), limit: 2 }));
    open = open.filter(isWaiting);
  }
  return matches;
}

const queryOf = ([, query]: Question): SearchQuery => query;

function findQuestions(input: MatchInput): readonly Question[] {
  const { services, permit } = input;
  const places = new Map<string, string>();
  forEachConditional(input, (text, path) => {
    if (!places.has(text)) places.set(text, path);
  });
  return [...places].map(([text, path]): Question =>
    locateAt(path, () => {
      const query = parseCondition(services, text);
      requireScope(permit.principal, query.type, 's');
      requireChainScope(permit, query.filters, services.mode.findTypePolicy);
      return [text, query];
    }),
  );
}

/** `path` is that of the Reference: `Bundle.entry[3].resource.subject`. */
function forEachConditional(
  { services, changes }: Pick<MatchInput, 'services' | 'changes'>,
  visit: (text: string, path: string) => void,
): void {
  for (const change of changes) {
    if (change.kind === 'delete') continue;
    forEachReference(change.resource, ({ reference }, path) => {
      const isConditional = parseReference(reference, services.baseUrl).kind === 'conditional';
      if (isConditional) visit(reference, joinPath(change.path, path));
    });
  }
}

/** True of what the changes may give another answer to: it asks for a type, or by way of one, that they write. */
function asksForWritten({ changes, isTransaction }: MatchInput): (question: Question) => boolean {
  const written = new Set(isTransaction ? changes.map(({ type }) => type) : []);
  return ([, { type, filters }]) =>
    placesOf(filters, [type]).some(({ types }) => types.some((one) => written.has(one)));
}

/** True of what looks at an element in which one of the stand-ins stands. */
function looksAtOpen(writes: readonly ResourceWrite[], standIns: ReadonlySet<string>): (question: Question) => boolean {
  const holding = new Set<string>();
  for (const { type, index } of writes) {
    for (const { param, targetId } of index.references) if (standIns.has(targetId)) holding.add(`${type}.${param}`);
    // Of a composite, whose second part may be a reference `Type/id`.
    for (const { param, code } of index.values ?? []) {
      if (standIns.has(code.slice(code.indexOf('/') + 1))) holding.add(`${type}.${param}`);
    }
  }
  return ([, { type, filters }]) =>
    placesOf(filters, [type]).some(({ types, param }) => types.some((one) => holding.has(`${one}.${param ?? ''}`)));
}

/** Where a search looks: the types, and the parameter of theirs that may tell of a reference. */
interface Place {
  readonly types: readonly string[];
  readonly param: string | undefined;
}

function placesOf(filters: readonly Filter[], types: readonly string[]): readonly Place[] {
  return [{ types, param: undefined }, ...filters.flatMap((filter) => placesOfFilter(filter, types))];
}

function placesOfFilter(filter: Filter, types: readonly string[]): readonly Place[] {
  switch (filter.kind) {
    case 'reference':
    case 'composite':
      return [{ types, param: filter.param }];
    case 'hierarchy':
      return [
        { types, param: filter.param },
        { types: [filter.targetType], param: filter.step },
      ];
    case 'chain':
      return [{ types, param: filter.param }, ...placesOf([filter.filter], filter.targetTypes)];
    case 'has':
      return [{ types: [filter.sourceType], param: filter.param }, ...placesOf([filter.filter], [filter.sourceType])];
    case 'not':
      return placesOf([filter.filter], types);
    case 'any':
      return placesOf(filter.filters, types);
    default:
      return [];
  }
}

/** Each of these waits for another of them, or for itself. */
function findCircular(input: MatchInput, texts: ReadonlySet<string>): readonly Finding[] {
  const findings: Finding[] = [];
  forEachConditional(input, (text, expression) => {
    if (texts.has(text)) findings.push({ code: 'reference-circular', severity: 'error', expression });
  });
  return findings;
}
