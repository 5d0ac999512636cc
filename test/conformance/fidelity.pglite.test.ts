// Any valid R4 resource comes back as it was sent, but for id and meta: through create, read, update, vread and search, in plain mode,
// for every type that can be stored. And what the hub itself says is valid R4. https://hl7.org/fhir/R4/json.html
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FhirAnswer, VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import { loadDefinitions } from '../../src/fhir/definitions.ts';
import type { FhirResource } from '../../src/fhir/resource.ts';
import { createCodes } from '../../src/terminology/codes.ts';
import { createValidator } from '../../src/validation/create-validator.ts';
import { hsa, openTestHub, type TestHub } from '../scenarios/test-hub.ts';
import { sendRaw } from '../scenarios/fixtures.ts';
import { makeBaseSeeds } from './base-seeds.ts';
import { isRecord } from './json.ts';
import type { Json } from './json.ts';

const definitions = loadDefinitions([]);
const codes = createCodes(definitions);
const validator = createValidator({ definitions, codes, sipProfiles: () => [] });
const errorsOf = (resource: Json) =>
  validator.validate(resource as FhirResource, { profiles: [] }).filter(({ severity }) => severity === 'error');

/** Valid, and yet refused by the hub, with the reason. */
const refusedTypes: Readonly<Record<string, string>> = {
  Parameters: 'is sent and answered with, never stored',
};

/** Combining marks, surrogate pairs, joined emoji, right to left, spaces that are not spaces, what JSON and HTML escape. */
const wild = 'A\u030A å 𝄞 👩\u200D⚕️ שלום \u202Bمرحبا\u202C a\u00A0b\u2028c "q" \\ / <b>&amp; e\u0301';
/** The same number, written otherwise. */
const sameNumber = ['1.50', '15e-1', '1.5E0', '1.500000000000000000000', '0.15e+1'];

/** References that lead elsewhere, words that are hard to keep, numbers in every spelling. */
function toText(resource: Json): string {
  let count = 0;
  const changed = JSON.stringify(resource, (key, value: unknown) => {
    if (key === 'reference' && typeof value === 'string' && /^[A-Z]\w+\/example$/.test(value))
      return `https://other.example/fhir/${value}`;
    return value === 'text' ? wild : value;
  });
  return changed.replaceAll(/(?<=[:[,])1\.5(?=[,}\]])/g, () => {
    count += 1;
    return sameNumber[count % sameNumber.length] ?? '1.5';
  });
}

/** The JSON with each number as its text, without what the hub may add. */
function exactly(text: string): unknown {
  const value: unknown = JSON.parse(text, (_key, member: unknown, context) =>
    typeof member === 'number' ? { number: context.source } : member,
  );
  if (!isRecord(value)) return value;
  const { id: _id, meta: _meta, ...rest } = value;
  return rest;
}

const seeds = makeBaseSeeds({ definitions, codes }, errorsOf);
const typeOf = (resource: Json): string => String(resource['resourceType']);

describe('the comparison', () => {
  it.each([
    ['{"a":1.50}', '{"a":1.5}'],
    ['{"a":[1,2]}', '{"a":[2,1]}'],
    ['{"a":[null,"b"]}', '{"a":["b"]}'],
    ['{"a":"e\u0301"}', '{"a":"\u00e9"}'],
    ['{"a":1}', '{"a":1,"b":1}'],
  ])('tells %s from %s', (one, other) => {
    expect(isSame(exactly(one), exactly(other))).toBe(false);
    expect(isSame(exactly(one), exactly(one))).toBe(true);
  });
});

describe('what is stored', () => {
  let hub: TestHub;
  let system: VendorSystem;

  beforeAll(async () => {
    hub = await openTestHub({ mode: 'plain' });
    system = await hub.party(hsa.careCentre);
  });

  afterAll(async () => {
    await hub.stop();
  });

  const send = (method: string, path: string, body?: string, headers: Readonly<Record<string, string>> = {}) => {
    return sendRaw(hub.hub.publicUrl, {
      method,
      path: `/fhir/${path}`,
      headers: {
        authorization: `Bearer ${system.token}`,
        accept: 'application/fhir+json',
        ...(body === undefined ? {} : { 'content-type': 'application/fhir+json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { chunks: [body] }),
    });
  };

  /** Where the text differs after a way through the hub; empty where it never does. */
  async function goRound(type: string, text: string): Promise<readonly string[]> {
    const created = await send('POST', type, text);
    if (created.status !== 201) return [`${type} create ${created.status}: ${created.text.slice(0, 400)}`];
    const { id, meta } = JSON.parse(created.text) as { id: string; meta: { versionId: string } };
    const rest = text.slice(`{"resourceType":"${type}"`.length).replace(/^,"id":"[^"]*"/, '');
    const updated = await send('PUT', `${type}/${id}`, `{"resourceType":"${type}","id":"${id}"${rest}`, {
      'if-match': `W/"${meta.versionId}"`,
    });
    const answers = [
      ['create', created.text],
      ['read', (await send('GET', `${type}/${id}`)).text],
      ['update', updated.text],
      ['vread of the first', (await send('GET', `${type}/${id}/_history/${meta.versionId}`)).text],
    ] as const;
    const found = await send('GET', `${type}?_id=${id}`);
    const inBundle = /"resource":(\{.*\}),"search":/s.exec(found.text)?.[1] ?? found.text;
    return [...answers, ['search', inBundle] as const].flatMap(([way, got]) =>
      isSame(exactly(got), exactly(text)) ? [] : [`${type} ${way}: ${got.slice(0, 300)}`],
    );
  }

  it('comes back the same, of every type, with every element', async () => {
    const differences: string[] = [];
    for (const type of definitions.resourceTypes) {
      if (refusedTypes[type] !== undefined) continue;
      const seed = seeds.find(({ name }) => name.startsWith(`${type} with all`));
      if (seed === undefined) throw new Error(`${type} has no instance.`);
      differences.push(...(await goRound(type, toText(seed.resource))));
    }
    expect(differences).toEqual([]);
  });

  it('comes back the same, of every data type', async () => {
    const differences: string[] = [];
    for (const { resource } of seeds.filter(({ name }) => name.includes('as a value')))
      differences.push(...(await goRound(typeOf(resource), toText(resource))));
    expect(differences).toEqual([]);
  });

  it('keeps extensions of primitives with their nulls, empty places and narrative', async () => {
    const extension = [{ url: 'https://example.org/e', valueString: wild }];
    const text = JSON.stringify({
      resourceType: 'Patient',
      text: {
        status: 'additional',
        div: `<div xmlns="http://www.w3.org/1999/xhtml" lang="he" dir="rtl"><p>שלום &amp; &#229;</p>\n\t<br/></div>`,
      },
      active: true,
      _active: { id: 'a', extension },
      name: [
        {
          given: [null, 'Åsa', null, 'B'],
          _given: [{ extension }, null, { id: 'c', extension }, null],
          family: 'z',
          _family: { extension },
        },
      ],
      _birthDate: { extension },
      address: [{ line: ['b', 'a', 'b'] }, { line: ['a'] }],
    });
    expect(await goRound('Patient', text)).toEqual([]);
  });

  it('keeps any decimal and any text', async () => {
    const digits = fc.stringMatching(/^-?(?:0|[1-9]\d{0,24})(?:\.\d{1,24})?(?:[eE][+-]?\d{1,2})?$/);
    const words = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
      .filter((text) => text.trim() !== '' && !/\p{Cc}/u.test(text));
    await fc.assert(
      fc.asyncProperty(digits, words, async (number, word) => {
        const text = `{"resourceType":"Observation","status":"final","code":{"text":${JSON.stringify(word)}},"valueQuantity":{"value":${number}}}`;
        expect(await goRound('Observation', text)).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });
});

/** Whatever the order of keys. */
function isSame(one: unknown, other: unknown): boolean {
  if (Array.isArray(one))
    return (
      Array.isArray(other) && one.length === other.length && one.every((item, index) => isSame(item, other[index]))
    );
  if (!isRecord(one)) return one === other;
  const keys = Object.keys(one);
  return (
    isRecord(other) &&
    Object.keys(other).length === keys.length &&
    keys.every((key) => key in other && isSame(one[key], other[key]))
  );
}

describe('what the hub says', () => {
  let hub: TestHub;
  let system: VendorSystem;

  beforeAll(async () => {
    hub = await openTestHub();
    system = await hub.party(hsa.careCentre);
  });

  afterAll(async () => {
    await hub.stop();
  });

  it.each<readonly [string, (ask: (path: string) => Promise<FhirAnswer>) => Promise<FhirAnswer>]>([
    ['the CapabilityStatement', (ask) => ask('metadata')],
    ['a resource', async (ask) => ask(`Organization/${await anyOrganization(ask)}`)],
    ['a searchset with includes', (ask) => ask('Organization?_include=Organization:partof&_count=3&_total=accurate')],
    ['an empty searchset', (ask) => ask('Organization?name=nobody-has-this-name')],
    ['the history of a type', (ask) => ask('Organization/_history?_count=3')],
    ['the history of a resource', async (ask) => ask(`Organization/${await anyOrganization(ask)}/_history`)],
    ['a verdict', async (ask) => ask(`Organization/${await anyOrganization(ask)}/$validate`)],
    ['a refusal of a parameter', (ask) => ask('Organization?nonsense=1')],
    ['a refusal of a type', (ask) => ask('Nonsense')],
    ['that nothing is there', (ask) => ask('Organization/nothing')],
  ])('%s is valid R4', async (_what, get) => {
    const { body } = await get((path) => system.call({ method: 'GET', path }));
    expect(body).toBeDefined();
    expect(errorsOf(body as Json)).toEqual([]);
  });

  it('the answer to a batch is valid R4', async () => {
    const entry = ['Organization?_count=1', 'Organization/nothing', 'metadata'].map((url) => ({
      request: { method: 'GET', url },
    }));
    const { status, body } = await system.call({
      method: 'POST',
      path: '',
      body: { resourceType: 'Bundle', type: 'batch', entry },
    });
    expect(status).toBe(200);
    expect(errorsOf(body as Json)).toEqual([]);
  });
});

async function anyOrganization(ask: (path: string) => Promise<FhirAnswer>): Promise<string> {
  const { body } = await ask('Organization?_count=1');
  const { entry } = body as { entry?: readonly { resource: { id: string } }[] };
  return entry?.[0]?.resource.id ?? '';
}
