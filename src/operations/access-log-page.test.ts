import { describe, expect, test } from 'vitest';
import type { AuditEvent } from '../store/audit-event.ts';
import { toAccessLogPage } from './access-log-page.ts';

const entity = (address: string, rule: 'own' | 'consent' | 'directory' | 'author') =>
  ({ address, versionId: '1', custodianId: null, rule, consent: null }) as const;

const event = (changes: Partial<AuditEvent>): AuditEvent => ({
  place: { seq: 1, ordinal: 1 },
  at: new Date('2026-11-27T23:05:00Z'),
  requestId: 'r',
  clientId: 'c',
  organizationId: 'o',
  organizationName: 'Hemvården',
  individualId: undefined,
  staff: undefined,
  patientId: 'p',
  personKey: 1,
  interaction: 'read',
  outcome: 'success',
  status: 200,
  type: 'Goal',
  entities: [entity('Goal/1', 'consent')],
  ...changes,
});

const page = (events: readonly AuditEvent[], changes: object = {}): string =>
  toAccessLogPage({
    personName: 'Bo Ek',
    personNumber: '195009072553',
    partyName: 'Vårdcentralen',
    madeAt: new Date('2026-11-28T06:00:00Z'),
    events,
    isCut: false,
    ...changes,
  });

describe('the page of the access log', () => {
  test('says who, when in Swedish time, what and by what right', () => {
    const text = page([event({})]);
    expect(text).toContain(
      '<td><time datetime="2026-11-27T23:05:00.000Z">28 november 2026 kl. 00:05</time></td><td>Hemvården</td><td>Läste 1 mål</td><td>den enskildes samtycke</td>',
    );
    expect(text).toContain('Gäller Bo Ek, 195009072553. Framtagen 28 november 2026 kl. 07:00 av Vårdcentralen.');
  });

  test.each<readonly [string, Partial<AuditEvent>, string]>([
    [
      'several things',
      {
        interaction: 'search-type',
        entities: [entity('Goal/1', 'own'), entity('Goal/2', 'consent'), entity('CarePlan/1', 'consent')],
      },
      '<td>Sökte och fick 2 mål och 1 plan</td><td>egna uppgifter och den enskildes samtycke</td>',
    ],
    [
      'what is not counted',
      { entities: [entity('Patient/1', 'own'), entity('Goal/1', 'own')] },
      '<td>Läste personuppgifter och 1 mål</td>',
    ],
    ['nothing', { entities: [] }, '<td>Läste inga uppgifter</td><td></td>'],
    ['a refusal', { entities: [], outcome: 'refused' }, '<td>Läste inga uppgifter (fick nej)</td>'],
    ['an own version', { entities: [entity('Goal/1', 'author')] }, '<td>skrev uppgiften själv</td>'],
    [
      'what has no word',
      { interaction: 'batch', entities: [entity('Basic/1', 'own')] },
      'Gjorde något annat med 1 annan uppgift',
    ],
    ['a party that is gone', { organizationName: undefined }, '<td>Okänd</td>'],
    ['the name of a prototype', { interaction: 'constructor' }, 'Gjorde något annat med 1 mål'],
  ])('tells %s', (_what, changes, cell) => {
    expect(page([event(changes)])).toContain(cell);
  });

  test('is empty in words, and says where it was cut', () => {
    expect(page([])).toContain('Ingen har tagit del av uppgifterna under tiden.');
    expect(page([event({})], { isCut: true })).toContain('Välj en kortare tid.');
    expect(page([event({})])).not.toContain('Välj en kortare tid.');
  });

  test('escapes every text that comes from outside', () => {
    const wild = `<img src=x onerror="alert('1')">&`;
    const text = page([event({ organizationName: wild })], { personName: wild, personNumber: wild, partyName: wild });
    expect(text).not.toContain('<img');
    expect(text).not.toContain('onerror="');
    expect(text.match(/&lt;img src=x onerror=&quot;alert\(&#39;1&#39;\)&quot;&gt;&amp;/g)).toHaveLength(6);
    expect(text).not.toMatch(/<script|javascript:|https?:/);
  });
});
