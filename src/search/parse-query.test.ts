import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Problem } from '../core/problem.ts';
import { loadDefinitions } from '../fhir/definitions.ts';
import { parseQuery } from './parse-query.ts';
import type { ParseQueryInput } from './parse-query.ts';
import type { SearchQuery } from './query.ts';
import { createSearchRegistry } from './registry.ts';

const baseUrl = 'https://hub.example/fhir';
const registry = createSearchRegistry(loadDefinitions([]), baseUrl);
const personnummer = 'http://electronichealth.se/identifier/personnummer';

const limits = {
  defaultPageSize: 50,
  maxPageSize: 1000,
  searchCriteria: 50,
  searchValues: 500,
  chainSteps: 5,
  includes: 30,
};

function inputOf(type: string, query: string): ParseQueryInput {
  return {
    type,
    parameters: new URLSearchParams(query),
    registry,
    limits,
    canonicalSystem: (system) => (system === 'urn:oid:1.2.752.129.2.1.3.1' ? personnummer : system),
    baseUrl,
    isLenient: false,
  };
}

const parse = (type: string, query: string): SearchQuery => parseQuery(inputOf(type, query)).query;
const filtersOf = (type: string, query: string): unknown => parse(type, query).filters;

function refusalOf(type: string, query: string, more: Partial<ParseQueryInput> = {}): string {
  try {
    parseQuery({ ...inputOf(type, query), ...more });
  } catch (error) {
    if (error instanceof Problem) return `${error.findings[0].code}: ${error.findings[0].diagnostics}`;
    throw error;
  }
  return 'none';
}

describe('a search without parameters', () => {
  it('gives the newest first, one page, no total', () => {
    expect(parse('CarePlan', '')).toEqual({
      type: 'CarePlan',
      filters: [],
      sort: [{ param: '_lastUpdated', kind: 'last-updated', descending: true }],
      count: 50,
      total: 'none',
      includes: [],
      after: undefined,
    });
  });
});

describe('token', () => {
  it.each([
    ['identifier=191212121212', { system: undefined, code: '191212121212' }],
    [`identifier=${personnummer}|191212121212`, { system: personnummer, code: '191212121212' }],
    ['identifier=urn:oid:1.2.752.129.2.1.3.1|191212121212', { system: personnummer, code: '191212121212' }],
    ['identifier=|x', { system: '', code: 'x' }],
    ['identifier=s|', { system: 's', code: undefined }],
    ['identifier=a\\|b|c\\,d\\$\\\\', { system: 'a|b', code: 'c,d$\\' }],
  ])('reads %s', (query, value) => {
    expect(filtersOf('Patient', query)).toEqual([{ kind: 'token', param: 'identifier', values: [value] }]);
  });

  it('takes commas as OR and repetition as AND', () => {
    expect(filtersOf('CarePlan', 'status=active,draft&status=active')).toEqual([
      {
        kind: 'token',
        param: 'status',
        values: [
          { system: undefined, code: 'active' },
          { system: undefined, code: 'draft' },
        ],
      },
      { kind: 'token', param: 'status', values: [{ system: undefined, code: 'active' }] },
    ]);
  });

  it('does not ask for a system where the element implies it', () => {
    expect(filtersOf('Patient', 'gender=http://hl7.org/fhir/administrative-gender|male')).toEqual([
      { kind: 'token', param: 'gender', values: [{ system: undefined, code: 'male' }] },
    ]);
    expect(refusalOf('Patient', 'gender=http://hl7.org/fhir/administrative-gender|')).toContain('search-value-invalid');
  });

  it.each(['identifier=|', 'identifier=a|b|c', 'identifier=', 'identifier=a,,b', 'identifier=a%00'])(
    'refuses %s',
    (query) => {
      expect(refusalOf('Patient', query)).toContain('search-value-invalid');
    },
  );
});

describe('reference', () => {
  it.each([
    ['subject=1', { type: undefined, id: '1' }],
    ['patient=1', { type: 'Patient', id: '1' }],
    ['subject=Patient/1', { type: 'Patient', id: '1' }],
    ['subject=Patient/1/_history/2', { type: 'Patient', id: '1' }],
    [`subject=${baseUrl}/Patient/1`, { type: 'Patient', id: '1' }],
    ['subject:Patient=1', { type: 'Patient', id: '1' }],
    ['subject=https://other.example/Patient/1', { type: '', id: 'https://other.example/Patient/1' }],
    ['subject=urn:oid:1.2.3', { type: '', id: 'urn:oid:1.2.3' }],
    ['instantiates-canonical=https://x.example/P|1', { type: '', id: 'https://x.example/P|1' }],
  ])('reads %s', (query, value) => {
    const [param = ''] = query.split(/[=:]/);
    expect(filtersOf('CarePlan', query)).toEqual([{ kind: 'reference', param, values: [value] }]);
  });

  it('refuses a type that the parameter cannot lead to, and names those it can', () => {
    expect(refusalOf('CarePlan', 'patient=Practitioner/1')).toBe(
      'search-value-invalid: patient takes a reference to Patient.',
    );
    expect(refusalOf('CarePlan', 'subject:Practitioner=1')).toContain(
      'search-modifier-unsupported: The reference parameter subject takes only :',
    );
    expect(refusalOf('CarePlan', 'subject=Patient?x=y')).toContain('search-value-invalid');
  });
});

describe('date', () => {
  it.each([
    ['date=2026-11-03', 'eq', '2026-11-02T23:00:00.000Z', '2026-11-03T23:00:00.000Z'],
    ['date=ge2026', 'ge', '2025-12-31T23:00:00.000Z', '2026-12-31T23:00:00.000Z'],
    ['date=sa2026-11-03T10:15:00%2B01:00', 'sa', '2026-11-03T09:15:00.000Z', '2026-11-03T09:15:01.000Z'],
    ['date=sa2026-11-03T10:15:00+01:00', 'sa', '2026-11-03T09:15:00.000Z', '2026-11-03T09:15:01.000Z'],
    ['date=ap2026-11-03T10:15Z', 'ap', '2026-11-03T10:15:00.000Z', '2026-11-03T10:16:00.000Z'],
  ])('reads %s', (query, prefix, low, high) => {
    expect(filtersOf('CarePlan', query)).toEqual([
      { kind: 'date', param: 'date', values: [{ prefix, lowMs: Date.parse(low), highMs: Date.parse(high) }] },
    ]);
  });

  it('reads _lastUpdated as its own filter', () => {
    expect(filtersOf('CarePlan', '_lastUpdated=lt2026-11-03T10:15:00Z')).toMatchObject([
      { kind: 'last-updated', values: [{ prefix: 'lt' }] },
    ]);
  });

  it.each(['date=x', 'date=2026-02-30', 'date=xx2026', 'date=ge', 'date=ge2026,'])('refuses %s', (query) => {
    expect(refusalOf('CarePlan', query)).toContain('search-value-invalid');
  });
});

describe('string', () => {
  it('is normalised, except for :exact', () => {
    expect(filtersOf('Patient', 'name=ÅKE,René&family:exact=Öst&given:contains=NN')).toEqual([
      { kind: 'string', param: 'name', match: 'starts', values: ['åke', 'rene'] },
      { kind: 'string', param: 'family', match: 'exact', values: ['Öst'] },
      { kind: 'string', param: 'given', match: 'contains', values: ['nn'] },
    ]);
  });

  it('refuses other modifiers and names its own', () => {
    expect(refusalOf('Patient', 'name:in=x')).toBe(
      'search-modifier-unsupported: The string parameter name takes only :exact, :contains, :missing.',
    );
    expect(refusalOf('Patient', 'name:exact:contains=a')).toContain('search-modifier-unsupported');
    expect(refusalOf('Patient', 'name=%20')).toContain('search-value-invalid');
  });
});

describe('chain', () => {
  const value = { system: personnummer, code: '191212121212' };

  it.each(['patient.identifier', 'patient:Patient.identifier', 'subject:Patient.identifier'])('reads %s', (name) => {
    expect(filtersOf('CarePlan', `${name}=${personnummer}|191212121212`)).toEqual([
      {
        kind: 'chain',
        param: name.startsWith('patient') ? 'patient' : 'subject',
        targetTypes: ['Patient'],
        filter: { kind: 'token', param: 'identifier', values: [value] },
      },
    ]);
  });

  it('goes to every type that has the parameter', () => {
    expect(filtersOf('CarePlan', 'subject.identifier=x')).toMatchObject([
      { kind: 'chain', targetTypes: ['Group', 'Patient'] },
    ]);
  });

  it('takes the modifiers and special parameters of its last step', () => {
    expect(filtersOf('CarePlan', 'patient.name:contains=Å&patient._id=1')).toMatchObject([
      { filter: { kind: 'string', param: 'name', match: 'contains', values: ['å'] } },
      { filter: { kind: 'id', values: ['1'] } },
    ]);
  });

  it.each([
    ['status.identifier=x', 'search-parameter-unknown'],
    ['patient.nonsense=x', 'search-parameter-unknown'],
    ['patient:Group.identifier=x', 'search-modifier-unsupported'],
    ['patient.name:in=x', 'search-modifier-unsupported'],
    ['patient.general-practitioner.nonsense=x', 'search-parameter-unknown'],
    [`${'patient.link:Patient.'.repeat(3)}name=x`, 'search-parameter-unknown'],
    [`patient.${'link:Patient.'.repeat(6)}name=x`, 'too-costly'],
    ['_has:Goal:nonsense:status=active', 'search-parameter-unknown'],
    ['_has:Goal:patient:lifecycle-status=active', 'search-parameter-unknown'],
    ['_has:Goal=x', 'search-parameter-unknown'],
  ])('refuses %s', (query, code) => {
    expect(refusalOf('CarePlan', query)).toContain(code);
  });
});

describe('result parameters', () => {
  it('are read', () => {
    expect(
      parse(
        'CarePlan',
        '_count=5000&_sort=-date,status&_sort=_id&_total=estimate&_include=CarePlan:subject:Patient&_include=CarePlan:goal&_include=CarePlan:goal',
      ),
    ).toMatchObject({
      count: 1000,
      total: 'accurate',
      sort: [
        { param: 'date', kind: 'date', descending: true },
        { param: 'status', kind: 'token', descending: false },
        { param: '_id', kind: 'id', descending: false },
      ],
      includes: [
        { param: 'subject', targetType: 'Patient' },
        { param: 'goal', targetType: undefined },
      ],
    });
  });

  it('give the total alone for a count of 0', () => {
    expect(parse('CarePlan', '_count=0')).toMatchObject({ count: 0, total: 'accurate' });
  });

  it.each([
    '_count=-1',
    '_count=x',
    '_count=1&_count=2',
    '_total=some',
    '_sort=subject',
    '_sort=nonsense',
    '_sort=',
    '_include=Nonsense:*',
    '_include:iterate=Goal:status',
    '_revinclude=Goal:lifecycle-status',
    '_revinclude=Patient:organization',
    '_revinclude=Nonsense:x',
    '_include=Goal:patient',
    '_include=CarePlan:status',
    '_include=CarePlan:subject:Goal',
    '_include=CarePlan:subject:Patient:x',
  ])('are refused as %s', (query) => {
    expect(refusalOf('CarePlan', query)).toContain('search-value-invalid');
  });

  it.each(['_include:exact=CarePlan:subject', '_sort:x=date'])('take no modifier: %s', (query) => {
    expect(refusalOf('CarePlan', query)).toContain('search-modifier-unsupported');
  });
});

describe('what the hub does not search by', () => {
  it.each([
    'nonsense=1',
    '_summary=count',
    '_filter=status eq active',
    '_query=x',
    '=x',
    '__proto__=1',
    'constructor=1',
  ])('is refused: %s', (query) => {
    const refusal = refusalOf('CarePlan', query);
    expect(refusal).toContain('search-parameter-unknown');
    expect(refusal).toMatch(/Known: .*_id.*category.*status.*_count/);
  });

  it('is everything, for a type that does not exist', () => {
    expect(refusalOf('Nonsense', '_id=1')).toContain('search-parameter-unknown');
  });

  it('is told apart from what does not exist', () => {
    expect(refusalOf('Location', 'near=59.3|18.1')).toContain('near is a parameter the hub does not search by.');
  });

  it('is left out, also of the self link, when the caller is lenient; other faults are not', () => {
    const parsed = parseQuery({
      ...inputOf('CarePlan', 'nonsense=1&status=active&_format=json&_count=2'),
      isLenient: true,
    });
    expect(parsed.query.filters).toHaveLength(1);
    expect(parsed.selfQuery).toBe('status=active&_count=2');
    expect(refusalOf('CarePlan', 'status:exact=active', { isLenient: true })).toContain('search-modifier-unsupported');
    expect(refusalOf('CarePlan', 'date=x', { isLenient: true })).toContain('search-value-invalid');
  });

  it('never gives a value back in the answer', () => {
    expect(refusalOf('Patient', 'birthdate=191212121212')).not.toContain('1912');
    expect(refusalOf('Patient', '191212121212=x')).not.toContain('1912');
    expect(refusalOf('Patient', 'name:191212121212=x')).not.toContain('1912');
    expect(refusalOf('CarePlan', 'patient.191212121212=x')).not.toContain('1912');
  });

  it('is more than the hub gives in one answer', () => {
    expect(refusalOf('CarePlan', `_id=${'a,'.repeat(500)}a`)).toContain('too-costly');
    expect(refusalOf('CarePlan', 'status=active&'.repeat(51))).toContain('too-costly');
    const tight = { ...limits, searchCriteria: 1, searchValues: 1, chainSteps: 1, includes: 1 };
    const refused = (query: string): string => refusalOf('CarePlan', query, { limits: tight });
    expect(refused('status=active&intent=plan')).toContain('at most 1 criteria');
    expect(refused('status=active,draft')).toContain('at most 1 values');
    expect(refused('subject:Patient.organization.name=x')).toContain('at most 1 steps');
    expect(refused('_include=CarePlan:subject&_include=CarePlan:goal')).toContain('at most 1 includes');
    expect(parseQuery({ ...inputOf('CarePlan', 'subject:Patient.name=x'), limits: tight }).query.filters).toHaveLength(
      1,
    );
    expect(refusalOf('CarePlan', '_sort=date,status,category,intent,_id')).toContain('too-costly');
  });
});

describe('a page link', () => {
  const position = { values: [1], id: 'x' };
  const openCursor = (): { query: string; position: typeof position } => ({
    query: 'status=active&_count=2',
    position,
  });

  it('holds the whole search', () => {
    const parsed = parseQuery({ ...inputOf('CarePlan', '_page=abc&_format=json'), openCursor });
    expect(parsed.query).toMatchObject({ filters: [{ param: 'status' }], count: 2, after: position });
    expect(parsed).toMatchObject({ selfQuery: '_page=abc', cursorQuery: 'status=active&_count=2' });
  });

  it('is refused with other parameters, twice, or where there are no pages', () => {
    expect(refusalOf('CarePlan', '_page=abc&status=draft', { openCursor })).toContain('search-cursor-invalid');
    expect(refusalOf('CarePlan', '_page=abc&_page=abc', { openCursor })).toContain('search-cursor-invalid');
    expect(refusalOf('CarePlan', '_page=abc')).toContain('search-cursor-invalid');
  });
});

it('any query is either read or refused with a Problem', () => {
  const name = fc.oneof(
    fc.constantFrom(
      'status',
      'identifier',
      'date',
      'patient',
      'subject:Patient',
      'patient.name',
      'patient.name:exact',
      '_sort',
      '_include',
      '_count',
      '_id',
      '_lastUpdated',
    ),
    fc.string(),
  );
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('a|b', 'a\\', '\\,', '|', 'ge2026', 'Patient/1', '2026-13', '-date'),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 4 }), (pairs) => {
      const query = new URLSearchParams(pairs).toString();
      const outcome = refusalOf('CarePlan', query);
      expect(outcome).toMatch(/^(none|search-|too-costly)/);
      fc.pre(outcome === 'none');
      const { selfQuery, query: parsed } = parseQuery(inputOf('CarePlan', query));
      expect(parse('CarePlan', selfQuery)).toEqual(parsed);
    }),
    { numRuns: 200 },
  );
});
