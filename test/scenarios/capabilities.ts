// Every claim of the CapabilityStatement against what happens, and every address against a claim: in the hub and in plain mode.
// https://hl7.org/fhir/R4/capabilitystatement.html
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FhirAnswer, FhirCall, VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import { codesOf } from './fixtures.ts';
import { hsa, type OpenHub, type TestHub } from './test-hub.ts';

interface ResourceClaims {
  readonly type: string;
  readonly interaction: readonly { readonly code: string }[];
  readonly updateCreate: boolean;
  readonly conditionalCreate: boolean;
  readonly conditionalRead: string;
  readonly conditionalUpdate: boolean;
  readonly conditionalDelete: string;
  readonly versioning: string;
  readonly searchParam?: readonly { readonly name: string; readonly type: string; readonly documentation?: string }[];
  readonly searchInclude?: readonly string[];
  readonly operation?: readonly { readonly name: string }[];
}

interface Statement {
  readonly patchFormat: readonly string[];
  readonly rest: readonly {
    readonly resource: readonly ResourceClaims[];
    readonly interaction: readonly { readonly code: string }[];
    readonly operation?: readonly { readonly name: string; readonly definition: string }[];
    readonly documentation?: string;
  }[];
}

const never = 'never-there';

/** Each interaction as a request about something that is not there: what is claimed is understood (and finds nothing), what is not is refused. */
const requests: Readonly<Record<string, (type: string) => FhirCall>> = {
  read: (type) => ({ method: 'GET', path: `${type}/${never}` }),
  vread: (type) => ({ method: 'GET', path: `${type}/${never}/_history/1` }),
  'history-instance': (type) => ({ method: 'GET', path: `${type}/${never}/_history` }),
  'history-type': (type) => ({ method: 'GET', path: `${type}/_history?_count=1` }),
  'search-type': (type) => ({ method: 'GET', path: `${type}?_id=${never}` }),
  create: (type) => ({ method: 'POST', path: type, body: { resourceType: type, unknown: true } }),
  update: (type) => ({
    method: 'PUT',
    path: `${type}/${never}`,
    body: { resourceType: type, id: never, unknown: true },
    headers: { 'if-match': 'W/"1"' },
  }),
  patch: (type) => ({
    method: 'PATCH',
    path: `${type}/${never}`,
    body: [],
    headers: { 'if-match': 'W/"1"', 'content-type': 'application/json-patch+json' },
  }),
  delete: (type) => ({ method: 'DELETE', path: `${type}/${never}`, headers: { 'if-match': 'W/"1"' } }),
};

/** Said where the interaction itself is not on offer to this caller or for this type. */
const refusals: ReadonlySet<string> = new Set([
  'method-not-allowed',
  'interaction-unsupported',
  'role-forbidden',
  'endpoint-unknown',
]);

const conditionalCalls = (type: string, mode: string): Readonly<Record<string, FhirCall>> => ({
  conditionalCreate: {
    method: 'POST',
    path: type,
    body: { resourceType: type, unknown: true },
    headers: { 'if-none-exist': `_id=${never}` },
  },
  conditionalUpdate: {
    method: 'PUT',
    path: `${type}?_id=${never}`,
    body: { resourceType: type, unknown: true },
    headers: mode === 'hub' ? { 'if-match': 'W/"1"' } : {},
  },
  conditionalDelete: { method: 'DELETE', path: `${type}?_id=${never}`, headers: { 'if-match': 'W/"1"' } },
});

export function describeCapabilities(name: string, open: OpenHub): void {
  describe.each(['hub', 'plain'] as const)(`the capabilities in mode %s on ${name}`, (mode) => {
    let hub: TestHub;
    let party: VendorSystem;
    let statement: Statement;
    let claims: readonly ResourceClaims[];

    beforeAll(async () => {
      hub = await open({ mode });
      party = await hub.party(hsa.careCentre);
      statement = (await get('metadata')).body as unknown as Statement;
      const all = statement.rest[0]?.resource ?? [];
      // Of the many types of plain mode, every seventh and those that differ.
      claims =
        mode === 'hub'
          ? all
          : all.filter(({ type }, at) => at % 7 === 0 || ['Patient', 'Organization', 'AuditEvent'].includes(type));
    });

    afterAll(async () => {
      await hub.stop();
    });

    const get = (path: string): Promise<FhirAnswer> => party.call({ method: 'GET', path });
    /** By whoever may: a party, or where that is refused for what it is, the operator. */
    const isOffered = async (call: FhirCall): Promise<boolean> => {
      const answers = [await party.call(call), await hub.operator.call(call)];
      for (const answer of answers)
        expect([call.method, call.path, answer.status < 500, answer.text.slice(0, 200)]).toMatchObject([
          call.method,
          call.path,
          true,
          expect.anything(),
        ]);
      return answers.some((answer) => !codesOf(answer).some((code) => refusals.has(code)));
    };

    test('each interaction that is claimed for a type is carried out, and each that is not is refused', async () => {
      expect(claims.length).toBeGreaterThan(15);
      for (const { type, interaction } of claims) {
        const claimed = new Set(interaction.map(({ code }) => code));
        expect([...claimed].filter((code) => requests[code] === undefined)).toEqual([]);
        for (const [code, toCall] of Object.entries(requests)) {
          expect([type, code, await isOffered(toCall(type))]).toEqual([type, code, claimed.has(code)]);
        }
      }
    });

    test('what is claimed of conditions, ids and versions holds', async () => {
      for (const claim of claims) {
        const { type } = claim;
        const calls = conditionalCalls(type, mode);
        for (const [key, isClaimed] of [
          ['conditionalCreate', claim.conditionalCreate],
          ['conditionalUpdate', claim.conditionalUpdate],
          ['conditionalDelete', claim.conditionalDelete === 'single'],
        ] as const) {
          const call = calls[key];
          expect([type, key, call !== undefined && (await isOffered(call))]).toEqual([type, key, isClaimed]);
        }
        // Made of the log when it is asked for.
        const isLog = mode === 'hub' && type === 'AuditEvent';
        expect([type, claim.conditionalRead]).toEqual([type, isLog ? 'not-supported' : 'full-support']);
        const versioning = isLog ? 'no-version' : mode === 'hub' ? 'versioned-update' : 'versioned';
        expect([type, claim.versioning]).toEqual([type, versioning]);
        if (mode === 'hub') expect(claim.updateCreate).toBe(false);
      }
      const update: FhirCall = {
        method: 'PUT',
        path: 'Basic/claimed',
        body: { resourceType: 'Basic', id: 'claimed', code: { text: 'x' } },
      };
      expect((await party.call(update)).status).toBe(mode === 'hub' ? 404 : 201);
      const blind = await party.call({ method: 'DELETE', path: `Goal/${never}` });
      expect(blind.status).toBe(mode === 'hub' ? 428 : 204);
    });

    test('each search parameter that is claimed is taken, an unclaimed one is refused', async () => {
      const values: Readonly<Record<string, string>> = {
        token: 'x',
        string: 'x',
        reference: 'x',
        date: '2026',
        number: '1',
        quantity: '1',
        uri: 'http://x',
        special: 'x',
        composite: 'x$x',
      };
      const sample = mode === 'hub' ? claims : claims.slice(0, 6);
      for (const { type, searchParam = [], searchInclude = [] } of sample) {
        for (const parameter of searchParam) {
          const answer = await get(`${type}?${parameter.name}=${encodeURIComponent(values[parameter.type] ?? 'x')}`);
          const codes = codesOf(answer);
          expect([type, parameter.name, codes.includes('search-parameter-unknown'), answer.status < 500]).toEqual([
            type,
            parameter.name,
            false,
            true,
          ]);
        }
        for (const include of searchInclude) {
          expect([include, (await get(`${type}?_id=${never}&_include=${include}`)).status]).toEqual([include, 200]);
        }
        expect(codesOf(await get(`${type}?never-claimed=x`))).toEqual(['search-parameter-unknown']);
      }
    });

    test('each modifier that a search parameter is said to take is taken, others are refused', async () => {
      const others = ['exact', 'contains', 'text', 'in', 'not-in', 'above', 'below', 'of-type', 'not', 'identifier'];
      const value = (modifier: string): string => (modifier === 'missing' ? 'true' : 'x');
      const sample = claims.filter(({ type }) =>
        ['CarePlan', 'Patient', 'Encounter', 'Task', 'Observation'].includes(type),
      );
      for (const { type, searchParam = [] } of sample) {
        for (const { name: code, documentation = '' } of searchParam) {
          const [, words = ''] = /^Modifiers: (.+)\.$/.exec(documentation) ?? [];
          const said = words === 'none' ? [] : words.split(', ').map((word) => word.slice(1));
          const refused: string[] = [];
          for (const modifier of new Set([...others, 'missing', '[type]', 'Nonsense', ...said])) {
            const written =
              modifier === '[type]' ? hub.hub.services.search.findParameter(type, code)?.targetTypes[0] : modifier;
            const answer = await get(`${type}?${code}:${written ?? 'Nonsense'}=${value(modifier)}`);
            if (codesOf(answer).includes('search-modifier-unsupported')) refused.push(modifier);
            else expect([type, code, modifier, said.includes(modifier)]).toEqual([type, code, modifier, true]);
          }
          expect([type, code, said.filter((modifier) => refused.includes(modifier))]).toEqual([type, code, []]);
        }
      }
    });

    test('each operation that is claimed is there, others are not', async () => {
      for (const { type, operation = [] } of claims.slice(0, 12)) {
        const claimed = new Set(operation.map(({ name: code }) => code));
        for (const code of [...claimed, 'never-claimed']) {
          const answers = [
            await party.call({ method: 'POST', path: `${type}/$${code}`, body: {} }),
            await party.call({ method: 'POST', path: `${type}/${never}/$${code}`, body: {} }),
          ];
          const isThere = answers.some((answer) => !codesOf(answer).includes('endpoint-unknown'));
          expect([type, code, isThere]).toEqual([type, code, claimed.has(code)]);
        }
      }
      const system = new Set((statement.rest[0]?.operation ?? []).map(({ name: code }) => code));
      for (const code of [...system, 'never-claimed']) {
        const answer = await party.call({ method: 'POST', path: `$${code}`, body: {} });
        expect([code, codesOf(answer).includes('endpoint-unknown')]).toEqual([code, !system.has(code)]);
      }
    });

    test('no two operations of the system claim one definition, and what no definition describes is told in words', () => {
      const [{ operation = [], documentation = '' } = {}] = statement.rest;
      expect(operation.map(({ name: code }) => code)).toContain('export');
      expect(new Set(operation.map(({ definition }) => definition)).size).toBe(operation.length);
      for (const code of ['export-status', 'export-file']) {
        expect(operation.map(({ name: claimed }) => claimed)).not.toContain(code);
        expect(documentation).toContain(`/$${code}\``);
      }
    });

    test('the system’s own interactions are those that are claimed', async () => {
      const claimed = statement.rest[0]?.interaction.map(({ code }) => code) ?? [];
      const bundle = (type: string): FhirCall => ({ method: 'POST', path: '', body: { resourceType: 'Bundle', type } });
      const calls: Readonly<Record<string, FhirCall>> = {
        transaction: bundle('transaction'),
        batch: bundle('batch'),
        'history-system': { method: 'GET', path: '_history?_count=1' },
        'search-system': { method: 'GET', path: '?_type=Goal&_id=x' },
      };
      for (const [code, call] of Object.entries(calls)) {
        expect([code, (await party.call(call)).status === 200]).toEqual([code, claimed.includes(code)]);
      }
      expect(claimed.filter((code) => calls[code] === undefined)).toEqual([]);
    });

    test('each patch format that is claimed is taken, another is not', async () => {
      for (const format of [...statement.patchFormat, 'text/plain']) {
        const answer = await party.call({
          method: 'PATCH',
          path: `Goal/${never}`,
          body: '{}',
          headers: { 'content-type': format, 'if-match': 'W/"1"' },
        });
        expect([format, answer.status === 415]).toEqual([format, !statement.patchFormat.includes(format)]);
      }
    });

    test('a type that is not claimed has no address', async () => {
      const types = new Set(statement.rest[0]?.resource.map(({ type }) => type));
      for (const type of ['Parameters', 'Basic', 'Nonsense', 'DomainResource', 'Medication']) {
        expect([type, codesOf(await get(`${type}?_id=x`)).includes('endpoint-unknown')]).toEqual([
          type,
          !types.has(type),
        ]);
      }
    });

    test('mode chooses what is told', async () => {
      const normative = (await get('metadata?mode=normative')).body as unknown as Statement;
      const types = normative.rest[0]?.resource.map(({ type }) => type) ?? [];
      expect(types).toContain('Patient');
      expect(types).not.toContain('CarePlan');
      const terminology = (await get('metadata?mode=terminology')).body;
      expect(terminology).toMatchObject({
        resourceType: 'TerminologyCapabilities',
        codeSystem: expect.arrayContaining([
          expect.objectContaining({ uri: 'https://siphub.se/fhir/CodeSystem/sip-error' }),
        ]) as unknown,
      });
      expect((await get('metadata?mode=full')).text).toBe((await get('metadata')).text);
      const refused = await get('metadata?mode=some');
      expect([refused.status, codesOf(refused)]).toEqual([400, ['search-value-invalid']]);
    });

    test('each is valid FHIR', async () => {
      for (const query of ['', '?mode=normative', '?mode=terminology']) {
        const { body } = await get(`metadata${query}`);
        const findings = hub.hub.services.validator.validate(body as never, { profiles: [] });
        expect([query, findings.filter(({ severity }) => severity === 'error')]).toEqual([query, []]);
      }
    });
  });
}
