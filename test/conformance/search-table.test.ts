// The table parameter × modifier × prefix: every R4 search parameter of the hub's types and of some others, each cell with what it
// finds and what it does not, or its refusal. No cell is empty: a parameter without a sample fails the table.
// Each parameter has three resources: `a` and `b` hold two values of it, `c` none. https://hl7.org/fhir/R4/search.html
import type { CodeSystem, SearchParameter, ValueSet } from '@medplum/fhirtypes';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { typePolicies } from '../../src/access/compartment.ts';
import type { FhirResource } from '../../src/fhir/resource.ts';
import { createFindMembers } from '../../src/search/extract/element-types.ts';
import type { Parameter } from '../../src/search/parameter.ts';
import { embedded } from '../contract/open-databases.ts';
import { findRoutes, findSample, place, sampleOf, type Letter, type Route } from './search-samples.ts';
import { findStep } from '../../src/search/hierarchy.ts';
import { openSearchWorld, type SearchWorld } from './search-world.ts';

const types = [
  ...Object.keys(typePolicies),
  'Observation',
  'RiskAssessment',
  'MolecularSequence',
  'Invoice',
  'Condition',
  'DocumentReference',
  'ValueSet',
  'Group',
  'List',
];

const allModifiers = [
  'missing',
  'exact',
  'contains',
  'text',
  'not',
  'above',
  'below',
  'in',
  'not-in',
  'of-type',
  'identifier',
  'iterate',
] as const;
const prefixes = ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap'] as const;

/** What follows the parameter's name, and which of a, b, c it finds; undefined: refused. */
type Cell = readonly [query: string, found: string | undefined];

const missing: readonly Cell[] = [
  [':missing=true', 'c'],
  [':missing=false', 'ab'],
  [':missing=x', undefined],
];

/** Refused: every modifier that no cell asks for. */
function withRefusals(cells: readonly Cell[]): readonly Cell[] {
  const asked = new Set(cells.map(([query]) => query.split(/[:=]/)[query.startsWith(':') ? 1 : 0]));
  return [
    ...cells,
    ...allModifiers.filter((modifier) => !asked.has(modifier)).map((modifier): Cell => [`:${modifier}=x`, undefined]),
  ];
}

const ordered = (at: Readonly<Record<(typeof prefixes)[number], string>>): readonly Cell[] => [
  [`=eq${at.eq}`, 'a'],
  [`=${at.eq}`, 'a'],
  [`=ne${at.ne}`, 'b'],
  [`=gt${at.gt}`, 'b'],
  [`=lt${at.lt}`, 'a'],
  [`=ge${at.ge}`, 'b'],
  [`=le${at.le}`, 'a'],
  [`=sa${at.sa}`, 'b'],
  [`=eb${at.eb}`, 'a'],
  [`=ap${at.ap}`, 'a'],
];

const outside = (low: string, high: string): readonly Cell[] =>
  prefixes.map((prefix): Cell => [
    `=${prefix}${['gt', 'ge', 'sa', 'eq', 'ap'].includes(prefix) ? high : low}`,
    prefix === 'ne' ? 'ab' : '',
  ]);

const numbers = ordered({ eq: '5', ne: '5', gt: '6', lt: '6', ge: '7', le: '5', sa: '6', eb: '6', ap: '5' });

function cellsOf(parameter: Parameter, route: Route, isHierarchy: (type: string) => boolean): readonly Cell[] {
  const { type } = route;
  switch (parameter.kind) {
    case 'token': {
      const a = type === 'boolean' ? 'true' : 'aaa';
      const isCoded = ['Coding', 'CodeableConcept', 'Identifier'].includes(type);
      const hasSystem = isCoded && !parameter.isSystemImplied;
      // A telephone number is a token in words: its element says what it is.
      return [
        [`=${a}`, 'a'],
        ['=zzz', ''],
        [`=gt${a}`, ''],
        [`=urn:s|${a}`, hasSystem || parameter.isSystemImplied ? 'a' : ''],
        [`=urn:other|${a}`, parameter.isSystemImplied ? 'a' : ''],
        [`=|${a}`, hasSystem ? '' : 'a'],
        ['=urn:s|', parameter.isSystemImplied ? undefined : hasSystem ? 'ab' : ''],
        [`:not=${a}`, 'bc'],
        [`:not=zzz`, 'abc'],
        [':text=alf', isCoded ? 'a' : ''],
        [':text=zzz', ''],
        [`:of-type=urn:t|T|${a}`, type === 'Identifier' ? 'a' : ''],
        [':of-type=urn:t|X|aaa', ''],
        [':in=urn:vs', hasSystem || parameter.isSystemImplied ? 'a' : ''],
        [':not-in=urn:vs', hasSystem || parameter.isSystemImplied ? 'bc' : 'abc'],
        [':in=urn:unknown', undefined],
        [':below=urn:s|top', hasSystem || parameter.isSystemImplied ? 'a' : ''],
        [':below=urn:s|bbb', (hasSystem || parameter.isSystemImplied) && a === 'aaa' ? 'b' : ''],
        [`:above=urn:s|${a}`, hasSystem || parameter.isSystemImplied ? 'a' : ''],
        [':above=urn:s|top', ''],
        ...missing,
      ];
    }
    case 'string':
      return [
        ['=alf', 'a'],
        ['=lfa', ''],
        [':exact=Alfa', 'a'],
        [':exact=alfa', ''],
        [':contains=lf', 'a'],
        [':contains=zz', ''],
        ...missing,
      ];
    case 'date':
      return [
        ...ordered({
          eq: '2020-06-15',
          ne: '2020-06-15',
          gt: '2020-12',
          lt: '2020-12',
          ge: '2021-06-15',
          le: '2020-06-15',
          sa: '2020-12',
          eb: '2020-12',
          ap: '2020-06-15',
        }),
        ...outside('2010-01-01', '2026-01-01'),
        ['=2020-13', undefined],
        ...missing,
      ];
    case 'number':
      return [...numbers, ...outside('1', '99'), ['=five', undefined], ...missing];
    case 'quantity': {
      const [system, code] = type === 'Money' ? ['urn:iso:std:iso:4217', 'SEK'] : ['urn:u', 'kg'];
      return [
        ...numbers,
        ...outside('1', '99'),
        ...numbers.map(([query, found]): Cell => [`${query}|${system}|${code}`, found]),
        [`=5||${code}`, 'a'],
        [`=5|${system}|other`, ''],
        [`=5|urn:other|${code}`, ''],
        ['=5|x', undefined],
        ...missing,
      ];
    }
    case 'uri':
      return [
        ['=http://x.example/aaa', 'a'],
        ['=http://x.example', ''],
        [':below=http://x.example', 'ab'],
        [':below=http://x.example/aa', ''],
        [':above=http://x.example/aaa/more', 'a'],
        [':above=http://x.example', ''],
        [':below=urn:x', undefined],
        ...missing,
      ];
    case 'reference': {
      const target = route.targetType ?? '';
      if (type !== 'Reference')
        return [
          ['=http://x.example/aaa', 'a'],
          ['=http://x.example/zzz', ''],
          [':identifier=urn:s|aaa', ''],
          ...missing,
        ];
      return [
        [`=${target}/aaa`, 'a'],
        ['=aaa', 'a'],
        ['=zzz', ''],
        [`:${target}=aaa`, 'a'],
        [`:${target}=zzz`, ''],
        [':Nonsense=aaa', undefined],
        [`:below=${target}/aaa`, isHierarchy(target) ? 'a' : undefined],
        [`:above=${target}/aaa`, isHierarchy(target) ? 'a' : undefined],
        ...(isHierarchy(target) ? [[`:below=${target}/zzz`, ''] as const, [`:above=${target}/zzz`, ''] as const] : []),
        [':below=http://x.example/aaa', undefined],
        [':identifier=urn:s|aaa', 'a'],
        [':identifier=urn:s|zzz', ''],
        [`:${target}._id=zzz`, ''],
        ['.nonsense=x', undefined],
        ...missing,
      ];
    }
    default:
      throw new Error(`no cells for ${parameter.kind}`);
  }
}

interface Row {
  readonly type: string;
  readonly parameter: Parameter;
  readonly cells: readonly Cell[];
  readonly make: (letter: Letter) => FhirResource | undefined;
}

let search: SearchWorld;
const rows: (Row & { readonly id: string })[] = [];
const unsampled: string[] = [];

const codeSystem = {
  resourceType: 'CodeSystem',
  status: 'active',
  url: 'urn:s',
  content: 'complete',
  concept: [{ code: 'top', concept: [{ code: 'aaa' }, { code: 'true' }] }, { code: 'bbb' }],
} as unknown as CodeSystem;
const valueSet = {
  resourceType: 'ValueSet',
  status: 'active',
  url: 'urn:vs',
  compose: { include: [{ system: 'urn:s', concept: [{ code: 'aaa' }, { code: 'true' }] }] },
} as unknown as ValueSet;

beforeAll(async () => {
  search = await openSearchWorld(embedded, { codeSystem, valueSet });
  const { definitions, registry } = search;
  const findMembers = createFindMembers(definitions.typeStructure);
  const all = definitions.searchParameters();
  const definitionOf = (url: string): SearchParameter | undefined => all.find((one) => one.url === url);

  const isHierarchy = (type: string): boolean => findStep(type, registry) !== undefined;
  const toRow = (type: string, parameter: Parameter): Row | undefined => {
    const { code, kind } = parameter;
    const refused: readonly Cell[] = [
      ['=x', undefined],
      [':missing=true', undefined],
    ];
    const nothing = (): FhirResource => ({ resourceType: type });
    if (kind === 'unsupported') return { type, parameter, cells: refused, make: nothing };
    if (kind === 'last-updated') {
      const cells = prefixes.map((prefix): Cell => [
        `=${prefix}2026-11-02`,
        ['eq', 'ge', 'le', 'ap'].includes(prefix) ? 'abc' : '',
      ]);
      return {
        type,
        parameter,
        cells: [...cells, ['=x', undefined], [':missing=true', ''], [':missing=false', 'abc']],
        make: nothing,
      };
    }
    if (kind === 'id')
      return {
        type,
        parameter,
        cells: [
          ['=zzz', ''],
          [':not=zzz', 'abc'],
          ['=?', undefined],
          [':missing=true', ''],
          [':missing=false', 'abc'],
        ],
        make: nothing,
      };
    if (kind === 'text') {
      const div = { a: '<div>bilarna rullar</div>', b: '<div>cyklar</div>' };
      const cells: readonly Cell[] = [
        ['=bil', 'a'],
        ['=cyklarna or bilar', 'ab'],
        ['=tåg', ''],
        ['=!', undefined],
        [':missing=true', undefined],
      ];
      return {
        type,
        parameter,
        cells,
        make: (letter) => ({ resourceType: type, text: { status: 'generated', div: div[letter] } }),
      };
    }
    const definition = definitionOf(parameter.url);
    if (definition === undefined) return undefined;
    if (code === 'deceased') {
      const cells: readonly Cell[] = [
        ['=true', 'a'],
        ['=false', 'bc'],
        [':not=true', 'bc'],
        [':missing=true', ''],
      ];
      return { type, parameter, cells, make: (letter) => ({ resourceType: type, deceasedBoolean: letter === 'a' }) };
    }
    if (kind === 'composite') {
      const base = findRoutes(definition.expression ?? '', type, findMembers)[0];
      const parts = (definition.component ?? []).map((component, index) => {
        const isOfResource = component.expression.startsWith('%resource.');
        const text = component.expression.replaceAll('%resource.', `${type}.`).replaceAll('(DateTime)', '(dateTime)');
        const part = parameter.components[index];
        const routes = base === undefined ? [] : findRoutes(text, isOfResource ? type : base.type, findMembers);
        const withTarget = routes.map((route) => ({ ...route, targetType: part?.targetTypes[0] }));
        return {
          part,
          isOfResource,
          route: withTarget.find((route) => part !== undefined && sampleOf(part.kind, route, 'a') !== undefined),
        };
      });
      if (base === undefined || parts.some(({ route }) => route === undefined)) return undefined;
      const make = (letter: Letter): FhirResource => {
        const root: Record<string, unknown> = { resourceType: type };
        let element = root;
        for (const key of base.keys) element = (element[key] ??= {}) as Record<string, unknown>;
        for (const { part, route, isOfResource } of parts)
          if (route !== undefined && part !== undefined)
            place(route, sampleOf(part.kind, route, letter), isOfResource ? root : element);
        return root as FhirResource;
      };
      const written: Readonly<Record<string, readonly [string, string]>> = {
        token: ['aaa', 'bbb'],
        quantity: ['5', '7'],
        number: ['5', '7'],
        date: ['2020-06-15', '2021-06-15'],
        string: ['alfa', 'beta'],
        reference: ['aaa', 'bbb'],
      };
      const texts = parameter.components.map(({ kind: one }) => written[one] ?? ['', '']);
      const [first, ...rest] = texts;
      const cells: readonly Cell[] = [
        [`=${texts.map(([a]) => a).join('$')}`, 'a'],
        [`=${texts.map(([, b]) => b).join('$')}`, 'b'],
        [`=${[first?.[0], ...rest.map(([, b]) => b)].join('$')}`, ''],
        ['=aaa', undefined],
        ...missing,
      ];
      return { type, parameter, cells, make };
    }
    const targetType = parameter.targetTypes[0];
    const sample = findSample(definition, { type, kind, targetType }, findMembers);
    return sample === undefined
      ? undefined
      : { type, parameter, cells: withRefusals(cellsOf(parameter, sample.route, isHierarchy)), make: sample.make };
  };

  for (const type of types) {
    for (const parameter of registry.parametersOf(type).values()) {
      const row = toRow(type, parameter);
      if (row === undefined) unsampled.push(`${type}.${parameter.code}`);
      else rows.push({ ...row, id: `p${rows.length}` });
    }
  }
  const resources = rows.flatMap(({ type, id, make }) => [
    { ...make('a'), resourceType: type, id: `${id}-a` },
    { ...make('b'), resourceType: type, id: `${id}-b` },
    { resourceType: type, id: `${id}-c` },
  ]);
  for (let from = 0; from < resources.length; from += 500) await search.write(resources.slice(from, from + 500));
}, 300_000);
afterAll(() => search.close());

test('every parameter has a sample', () => {
  expect(rows.length).toBeGreaterThan(400);
  expect(unsampled).toEqual([]);
});

test('every parameter is asked for what it finds, for what it does not, and for a refusal', () => {
  const isFound = ([, found]: Cell): boolean => found !== undefined && found !== '';
  const poor = rows.filter(
    ({ cells, parameter: { kind } }) =>
      kind !== 'unsupported' &&
      !(
        cells.some(isFound) &&
        cells.some(([, found]) => found === '' || (found !== undefined && found !== 'abc')) &&
        (cells.some(([, found]) => found === undefined) || kind === 'token')
      ),
  );
  expect(poor.map(({ type, parameter }) => `${type}.${parameter.code}`)).toEqual([]);
});

test.each(types)(
  '%s: each cell finds what it should',
  async (type) => {
    const wrong: string[] = [];
    for (const { parameter, cells, id } of rows.filter((row) => row.type === type)) {
      for (const [query, expected] of cells) {
        const found = await search.find(type, `${parameter.code}${query}`);
        const seen =
          typeof found === 'string'
            ? undefined
            : found
                .filter((one) => one.startsWith(`${id}-`))
                .map((one) => one.slice(-1))
                .join('');
        if (seen !== expected)
          wrong.push(`${parameter.code}${query} finds ${seen ?? String(found)} instead of ${expected}`);
      }
    }
    expect(wrong).toEqual([]);
  },
  300_000,
);
