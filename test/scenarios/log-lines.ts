// What requests bring along that a log line may not hold: personal numbers, tokens, keys and control characters, put where they could
// get into one, with faults of every kind. Needs a hub of its own: tables are taken away.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FhirCall, VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import { findLogSecrets, requireCleanLog } from '../contract/log-secrets.ts';
import { goal, patient, persons, personnummerSystem, put, sendRaw } from './fixtures.ts';
import { hsa, type OpenHub, type TestHub } from './test-hub.ts';

const number = persons.tolvan;
const token = `eyJhbGciOiJFUzM4NCJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl`;
const jwk = JSON.stringify({ kty: 'EC', crv: 'P-384', d: 'c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0' });
/** A line break, a colour, a C1 control, a separator of lines, an override of direction. */
const controls = 'a\r\n{"level":"info","event":"forged"}\u001b[31m\u009b31m\u2028\u202e';
const planted = `${number} ${token} ${jwk} ${controls}`;

export function describeLogLines(name: string, open: OpenHub): void {
  describe(`log lines on ${name}`, () => {
    let hub: TestHub;
    let region: VendorSystem;
    let astrid: string;

    beforeAll(async () => {
      hub = await open();
      region = await hub.party(hsa.careCentre);
      astrid = await put(region, patient(persons.astrid));
    });

    afterAll(() => hub.stop());

    /** The lines that the work adds. */
    const linesOf = async (work: () => Promise<unknown>): Promise<readonly string[]> => {
      const before = hub.logged.length;
      await work();
      return hub.logged.slice(before);
    };

    test('the look at them would find each', () => {
      expect(findLogSecrets(planted)).toHaveLength(4);
    });

    test.each([['audit_log'], ['resource'], ['search_token'], ['organization'], ['client']])(
      'of faults (without the table %s) hold nothing of the request',
      async (table) => {
        const query = new URLSearchParams({ identifier: `${personnummerSystem}|${number}`, _id: planted }).toString();
        const headers = { 'if-none-exist': query };
        const created = patient(number, { name: [{ family: 'Öberg', given: [`${number} ${token}`] }] });
        const entry = [{ resource: created, request: { method: 'POST', url: 'Patient', ifNoneExist: query } }];
        const calls: readonly FhirCall[] = [
          { method: 'GET', path: `Patient?${query}` },
          { method: 'GET', path: `${astrid}?${query}` },
          { method: 'POST', path: 'Patient', body: created, headers },
          { method: 'POST', path: 'Goal', body: goal(astrid, { description: { text: `${number} ${token} ${jwk}` } }) },
          { method: 'PUT', path: astrid, body: created, headers: { 'if-match': `W/"${number}"` } },
          { method: 'POST', path: '', body: { resourceType: 'Bundle', type: 'transaction', entry } },
          { method: 'DELETE', path: `Patient?${query}` },
        ];
        const statuses: number[] = [];
        await hub.renameTable(table, `${table}_away`);
        let lines: readonly string[];
        try {
          lines = await linesOf(async () => {
            for (const call of calls) statuses.push((await region.call(call)).status);
          });
        } finally {
          await hub.renameTable(`${table}_away`, table);
        }
        const faults = statuses.filter((status) => status >= 500).length;
        expect(faults).toBeGreaterThan(0);
        expect(lines.filter((line) => line.includes('request-failed'))).toHaveLength(faults);
        requireCleanLog(lines);
      },
    );

    test('of refused tokens hold nothing of the assertion, and one line each', async () => {
      const { tokenEndpoint } = await readAddresses(hub);
      const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
      const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
      const claims = { iss: planted, sub: planted, aud: planted, jti: planted, exp: 1 };
      const forms: readonly Readonly<Record<string, string>>[] = [
        { grant_type: planted },
        { grant_type: 'client_credentials', client_id: planted, client_secret: planted },
        { grant_type: 'client_credentials', client_assertion_type: planted, client_assertion: token },
        { grant_type: 'client_credentials', client_assertion_type: assertionType, client_assertion: planted },
        ...[{ alg: 'ES384', kid: planted }, { alg: planted }, { alg: 'none' }].map((header) => ({
          grant_type: 'client_credentials',
          scope: planted,
          client_assertion_type: assertionType,
          client_assertion: `${encode(header)}.${encode(claims)}.c2ln`,
        })),
        { [planted]: planted },
      ];
      const lines = await linesOf(async () => {
        for (const form of forms) {
          const { status } = await fetch(tokenEndpoint, { method: 'POST', body: new URLSearchParams(form) });
          expect(status).toBeGreaterThanOrEqual(400);
          expect(status).toBeLessThan(500);
        }
      });
      expect(lines.filter((line) => line.includes('token-refused'))).toHaveLength(forms.length);
      expect(lines.filter((line) => JSON.parse(line).event === 'forged')).toEqual([]);
      requireCleanLog(lines);
    });

    test('take no request id that is more than a name', async () => {
      await hub.renameTable('client', 'client_away');
      try {
        const lines = await linesOf(async () => {
          for (const id of [number, `pn-${number}`, `${number}\u009b31m`, token.slice(0, 64), 'a b', 'x'.repeat(65)]) {
            const { status, headers } = await sendRaw(hub.hub.publicUrl, {
              method: 'GET',
              path: `/fhir/${astrid}`,
              headers: { authorization: `Bearer ${region.token}`, 'x-request-id': id },
            });
            expect(status).toBeGreaterThanOrEqual(500);
            expect(headers['x-request-id']).not.toBe(id);
          }
        });
        expect(lines).toHaveLength(6);
        requireCleanLog(lines);
      } finally {
        await hub.renameTable('client_away', 'client');
      }
    });
  });
}

async function readAddresses({ baseUrl }: TestHub): Promise<{ readonly tokenEndpoint: string }> {
  const answer = await fetch(`${baseUrl}/.well-known/smart-configuration`);
  const { token_endpoint: tokenEndpoint } = (await answer.json()) as { readonly token_endpoint: string };
  return { tokenEndpoint };
}
