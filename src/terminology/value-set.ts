// One ValueSet as a question that can be asked fast: include, exclude, filters, nested value sets.
// https://hl7.org/fhir/R4/valueset.html#compositions
import type {
  ValueSet,
  ValueSetComposeInclude,
  ValueSetComposeIncludeFilter,
  ValueSetExpansionContains,
} from '@medplum/fhirtypes';
import type { CodeValue, Concept, KnownSystem, Membership } from './codes.ts';

export interface CompiledValueSet {
  readonly has: (value: CodeValue) => Membership;
  readonly covers: (system: string) => boolean;
  /** Every code, or undefined where a part cannot be listed. */
  readonly list: () => readonly Required<CodeValue>[] | undefined;
}

export interface CodeSources {
  readonly system: (url: string) => KnownSystem | undefined;
  readonly inSystem: (value: Required<CodeValue>) => Membership;
  readonly valueSet: (canonical: string) => CompiledValueSet | undefined;
}

const nothing: CompiledValueSet = { has: () => false, covers: () => false, list: () => [] };

/** The value set as a question. What it names and the hub does not hold makes the answer `unknown`, never `true`. */
export function compileValueSet(resource: ValueSet, sources: CodeSources): CompiledValueSet {
  if (resource.compose === undefined) return compileExpansion(resource.expansion?.contains);
  const included = anyOf((resource.compose.include ?? []).map((part) => compilePart(part, sources)));
  const parts = (resource.compose.exclude ?? []).map((part) => compilePart(part, sources));
  if (parts.length === 0) return remember(included);
  const excluded = anyOf(parts);
  return remember({
    has: (value) => and(included.has(value), not(excluded.has(value))),
    covers: (system) =>
      included.covers(system) && (excluded.list()?.every((value) => value.system !== system) ?? false),
    list: () => {
      const all = included.list();
      return all === undefined || excluded.list() === undefined
        ? undefined
        : all.filter((value) => excluded.has(value) === false);
    },
  });
}

/** Listable sets answer from two hash sets. */
function remember(set: CompiledValueSet): CompiledValueSet {
  let pairs: ReadonlySet<string> | undefined | 'unasked' = 'unasked';
  let bare: ReadonlySet<string> = new Set();
  return {
    ...set,
    has: (value) => {
      if (pairs === 'unasked') {
        const all = set.list();
        pairs = all === undefined ? undefined : new Set(all.map((item) => `${item.system}|${item.code}`));
        bare = new Set(all?.map((item) => item.code));
      }
      const isListed =
        value.system === undefined ? bare.has(value.code) : (pairs?.has(`${value.system}|${value.code}`) ?? false);
      return isListed ? true : set.has(value);
    },
  };
}

function compileExpansion(contains: readonly ValueSetExpansionContains[] | undefined): CompiledValueSet {
  if (contains === undefined) return { has: () => 'unknown', covers: () => false, list: () => undefined };
  const flat: Required<CodeValue>[] = [];
  const walk = (items: readonly ValueSetExpansionContains[]): void => {
    for (const item of items) {
      if (item.code !== undefined && item.abstract !== true) flat.push({ system: item.system ?? '', code: item.code });
      walk(item.contains ?? []);
    }
  };
  walk(contains);
  return listed(flat);
}

function listed(values: readonly Required<CodeValue>[]): CompiledValueSet {
  const pairs = new Set(values.map((value) => `${value.system}|${value.code}`));
  const bare = new Set(values.map((value) => value.code));
  return {
    has: (value) => (value.system === undefined ? bare.has(value.code) : pairs.has(`${value.system}|${value.code}`)),
    covers: () => false,
    list: () => values,
  };
}

/** Within one include, the system part and every value set must all hold. */
function compilePart(part: ValueSetComposeInclude, sources: CodeSources): CompiledValueSet {
  const all: CompiledValueSet[] = [];
  if (part.system !== undefined) all.push(compileSystemPart(part, part.system, sources));
  for (const canonical of part.valueSet ?? []) {
    const unheld: CompiledValueSet = { has: () => 'unknown', covers: () => false, list: () => undefined };
    // Asked through the sources each time: a value set may be compiled while one that it names still is.
    const held = (): CompiledValueSet => sources.valueSet(canonical) ?? unheld;
    all.push({
      has: (value) => held().has(value),
      covers: (system) => held().covers(system),
      list: () => held().list(),
    });
  }
  const [first, ...others] = all;
  if (first === undefined) return nothing;
  if (others.length === 0) return first;
  return {
    has: (value) => all.reduce<Membership>((answer, set) => and(answer, set.has(value)), true),
    covers: (system) => all.every((set) => set.covers(system)),
    list: () => first.list()?.filter((value) => others.every((set) => set.has(value) === true)),
  };
}

function compileSystemPart(part: ValueSetComposeInclude, system: string, sources: CodeSources): CompiledValueSet {
  if (part.concept !== undefined) return listed(part.concept.map((concept) => ({ system, code: concept.code ?? '' })));
  const filters = part.filter ?? [];
  const passes = (code: string): Membership => {
    const known = sources.system(system);
    const concept = known?.find(code);
    if (known === undefined || concept === undefined) return 'unknown';
    return filters.reduce<Membership>((answer, filter) => and(answer, passesFilter(filter, concept, known)), true);
  };
  return {
    has: (value) => {
      if (value.system !== undefined && value.system !== system) return false;
      const membership = sources.inSystem({ system, code: value.code });
      return filters.length === 0 || membership === false ? membership : passes(value.code);
    },
    covers: (url) => url === system && filters.length === 0,
    list: () => {
      const known = sources.system(system);
      if (known === undefined || !known.isComplete) return undefined;
      const codes = [...known.concepts()].map((concept) => concept.code);
      const answers = codes.map(passes);
      return answers.includes('unknown')
        ? undefined
        : codes.filter((_, index) => answers[index] === true).map((code) => ({ system, code }));
    },
  };
}

/** https://hl7.org/fhir/R4/valueset-filter-operator.html */
function passesFilter(filter: ValueSetComposeIncludeFilter, concept: Concept, known: KnownSystem): Membership {
  const { property = '', op, value = '' } = filter;
  const values =
    property === 'code'
      ? [concept.code]
      : property === 'display'
        ? [concept.display ?? '']
        : concept.properties.filter((item) => item.code === property).map((item) => item.value);
  switch (op) {
    case 'is-a':
      return known.isBelow(concept.code, value);
    case 'descendent-of':
      return concept.code !== value && known.isBelow(concept.code, value);
    case 'is-not-a':
      return !known.isBelow(concept.code, value);
    case 'generalizes':
      return known.isBelow(value, concept.code);
    case '=':
      return property === 'parent' ? concept.parents.includes(value) : values.includes(value);
    case 'in':
      return values.some((item) => value.split(',').includes(item));
    case 'not-in':
      return !values.some((item) => value.split(',').includes(item));
    case 'exists':
      return values.length > 0 === (value === 'true');
    case 'regex':
      return matchesWhole(value, values);
    default:
      return 'unknown';
  }
}

function matchesWhole(pattern: string, values: readonly string[]): Membership {
  try {
    const regex = new RegExp(`^(?:${pattern})$`, 'u');
    return values.some((item) => regex.test(item));
  } catch {
    // A pattern in another dialect: nothing can be told.
    return 'unknown';
  }
}

function anyOf(sets: readonly CompiledValueSet[]): CompiledValueSet {
  const [only] = sets;
  if (only === undefined) return nothing;
  if (sets.length === 1) return only;
  return {
    has: (value) =>
      sets.reduce<Membership>((answer, set) => (answer === true ? true : or(answer, set.has(value))), false),
    covers: (system) => sets.some((set) => set.covers(system)),
    list: () => {
      const lists = sets.map((set) => set.list());
      return lists.includes(undefined) ? undefined : lists.flatMap((list) => list ?? []);
    },
  };
}

const and = (a: Membership, b: Membership): Membership =>
  a === false || b === false ? false : a === 'unknown' || b === 'unknown' ? 'unknown' : true;
const or = (a: Membership, b: Membership): Membership =>
  a === true || b === true ? true : a === 'unknown' || b === 'unknown' ? 'unknown' : false;
const not = (a: Membership): Membership => (a === 'unknown' ? 'unknown' : !a);
