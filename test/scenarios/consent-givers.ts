// Who may give a Consent (sip.md §5), over HTTP: the rules see the whole Bundle, and else what the writer sees.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FhirAnswer, VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import type { FhirResource } from '../../src/fhir/resource.ts';
import { addressOf, codesOf, entriesOf, issuesOf, put, readBundle, type TransactionBundle } from './fixtures.ts';
import { hsa, type OpenHub, type TestHub } from './test-hub.ts';

export function describeConsentGivers(name: string, open: OpenHub): void {
  describe(`who gives a Consent, on ${name}`, () => {
    let hub: TestHub;
    let psychiatry: VendorSystem;
    const bundle = readBundle('school-boy/1-region.json');
    const entryOf = (type: string) => {
      const found = bundle.entry.filter(({ resource }) => resource.resourceType === type);
      if (found.length === 0) throw new Error(`No ${type} in the example.`);
      return found;
    };
    const send = (change: (resource: FhirResource) => FhirResource | undefined): Promise<FhirAnswer> => {
      const kept = ['Patient', 'RelatedPerson', 'Consent'].flatMap(entryOf).flatMap((entry) => {
        const resource = change(entry.resource);
        return resource === undefined ? [] : [{ ...entry, resource }];
      });
      const body: TransactionBundle = { resourceType: 'Bundle', type: 'transaction', entry: kept };
      return psychiatry.call({ method: 'POST', path: '', body });
    };

    beforeAll(async () => {
      hub = await open();
      psychiatry = await hub.party(hsa.childPsychiatry);
    });
    afterAll(() => hub.stop());

    test('a Bundle with one guardian is refused whole, at the place in it', async () => {
      const before = await hub.countRows();
      const answer = await send((resource) =>
        resource.resourceType === 'Consent'
          ? { ...resource, performer: (resource['performer'] as readonly object[]).slice(0, 1) }
          : resource,
      );
      expect([answer.status, codesOf(answer)]).toEqual([422, ['guardian-needed']]);
      expect(issuesOf(answer)[0]?.expression).toMatch(/^Bundle\.entry\[\d+\]\.resource\.performer$/);
      const { audit_log: _log, audit_head: _head, ...after } = await hub.countRows();
      expect(before).toMatchObject(after);
    });

    test('says it in Swedish to who asks for it', async () => {
      const answer = await psychiatry.call({
        method: 'POST',
        path: '',
        headers: { 'accept-language': 'sv' },
        body: {
          ...bundle,
          entry: ['Patient', 'Consent'].flatMap(entryOf).map((entry) => ({
            ...entry,
            resource:
              entry.resource.resourceType === 'Consent'
                ? { ...entry.resource, performer: [{ reference: entryOf('Patient')[0]?.fullUrl }] }
                : entry.resource,
          })),
        },
      });
      expect(answer.text).toContain('Ett barns samtycke lämnas av båda vårdnadshavarna');
    });

    test('what is there already is seen as well: by a create, an update and a patch', async () => {
      const written = await send((resource) => (resource.resourceType === 'Consent' ? undefined : resource));
      expect(written.status, written.text).toBe(200);
      const locations = entriesOf(written).map(
        ({ response }) => /([A-Z]\w+\/[^/]+)\/_history/.exec(response?.location ?? '')?.[1] ?? '',
      );
      const [patient = '', ...guardians] = locations;
      const [consent] = entryOf('Consent');
      const resource = {
        ...consent?.resource,
        resourceType: 'Consent',
        patient: { reference: patient },
        performer: guardians.map((reference) => ({ reference })),
        status: 'proposed',
      };
      const address = await put(psychiatry, resource);
      const read = await psychiatry.call({ method: 'GET', path: address });
      const etag = read.headers.get('etag') ?? '';
      const refused = await psychiatry.call({
        method: 'PATCH',
        path: address,
        body: [
          { op: 'remove', path: '/performer/1' },
          { op: 'replace', path: '/status', value: 'active' },
        ],
        headers: { 'if-match': etag, 'content-type': 'application/json-patch+json' },
      });
      expect([refused.status, codesOf(refused)]).toEqual([422, ['guardian-needed']]);
      const accepted = await psychiatry.call({
        method: 'PUT',
        path: address,
        body: { ...read.body, status: 'active' },
        headers: { 'if-match': etag },
      });
      expect(accepted.status, accepted.text).toBe(200);
      // Closing asks for nobody.
      const guardian = await psychiatry.call({ method: 'GET', path: guardians[0] ?? '' });
      const ended = await psychiatry.call({
        method: 'PUT',
        path: guardians[0] ?? '',
        body: { ...guardian.body, period: { end: '2020-01-01' } },
        headers: { 'if-match': guardian.headers.get('etag') ?? '' },
      });
      expect(ended.status, ended.text).toBe(200);
      const withdrawn = await psychiatry.call({
        method: 'PUT',
        path: address,
        body: { ...accepted.body, status: 'inactive' },
        headers: { 'if-match': accepted.headers.get('etag') ?? '' },
      });
      expect(withdrawn.status, withdrawn.text).toBe(200);
      expect(addressOf(withdrawn)).toBe(address);
    });
  });
}
