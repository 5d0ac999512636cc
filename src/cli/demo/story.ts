// The story of the demo, step by step: what is asked, what must come back, and what that shows. Plays examples/hip-fracture.
import { readFileSync } from 'node:fs';
import type { FhirAnswer, FhirCall, VendorSystem } from './vendor-system.ts';

export interface Step {
  readonly who: VendorSystem;
  /** Why the request is made, in a few words. */
  readonly title: string;
  readonly call: (seen: Memory) => FhirCall;
  readonly shows: string;
  /** What is wrong with the answer; undefined where it is as it should be. */
  readonly check: (answer: FhirAnswer, seen: Memory) => string | undefined;
  /** A few words of the answer worth reading. */
  readonly detail?: (answer: FhirAnswer) => string | undefined;
}

/** What later steps need of earlier ones: addresses and ETags by name. */
export type Memory = Map<string, string>;

interface Entry {
  readonly fullUrl?: string;
  readonly resource: Readonly<Record<string, unknown>> & { readonly resourceType: string };
  readonly response?: { readonly location?: string; readonly etag?: string; readonly status?: string };
}

/** The text of a file in `examples/`. */
export function readExample(name: string): string {
  return readFileSync(new URL(`../../../examples/${name}`, import.meta.url), 'utf8');
}

/** Region: Ängskullens vårdcentral, Region Uppsala. Municipality: Hemvården Ängskullen, Uppsala kommun. */
export function tellStory(region: VendorSystem, municipality: VendorSystem): readonly Step[] {
  const { plan, consent } = splitConsent(readExample('hip-fracture/1-region.json'));
  const statusIs = (expected: number) => (answer: FhirAnswer) =>
    answer.status === expected ? undefined : `expected ${expected}, got ${answer.status}: ${answer.text.slice(0, 500)}`;
  return [
    {
      who: region,
      title: 'puts a whole plan into the hub, as one transaction',
      call: () => ({ method: 'POST', path: '', body: plan }),
      shows: `${plan.entry.length} resources: the person, the plan, goals in her own words under ICF headings, interventions, commitments, the team and the meetings. They go down whole or not at all.`,
      check: (answer, seen) => statusIs(200)(answer) ?? rememberLocations(answer, plan.entry, seen),
      detail: (answer) => `transaction-response, ${entriesOf(answer).length} × 201 Created`,
    },
    {
      who: municipality,
      title: 'asks for the plan by its address, before anybody has consented',
      call: (seen) => ({ method: 'GET', path: recall(seen, 'CarePlan') }),
      shows:
        'Not "forbidden": the plan does not exist for this party. Status, body and headers are those of an address that never was.',
      check: (answer) => statusIs(404)(answer),
      detail: outcomeOf,
    },
    {
      who: municipality,
      title: 'searches, before anybody has consented',
      call: () => ({ method: 'GET', path: 'CarePlan?status=active&_total=accurate' }),
      shows: 'Totals do not tell either.',
      check: (answer) => statusIs(200)(answer) ?? expectTotal(answer, 0),
      detail: totalOf,
    },
    {
      who: region,
      title: "records the individual's consent: the care centre's data may be seen by the municipality's home care",
      call: (seen) => ({ method: 'POST', path: 'Consent', body: withPatient(consent, recall(seen, 'Patient')) }),
      shows: 'A Consent is a FHIR resource like the others. From its commit on it opens exactly what it names.',
      check: (answer, seen) => {
        seen.set('Consent', relativeAddress(answer.headers.get('location') ?? ''));
        seen.set('Consent etag', answer.headers.get('etag') ?? '');
        return statusIs(201)(answer);
      },
      detail: (answer) => `ETag ${answer.headers.get('etag') ?? ''}`,
    },
    {
      who: municipality,
      title: 'reads the plan',
      call: (seen) => ({ method: 'GET', path: recall(seen, 'CarePlan') }),
      shows: 'Now it is there: the same request as in step 2. meta.source names the party that keeps it.',
      check: (answer, seen) => {
        seen.set('CarePlan etag', answer.headers.get('etag') ?? '');
        seen.set('CarePlan body', answer.text);
        return statusIs(200)(answer);
      },
      detail: (answer) => `"${text(answer.body?.['title'])}", source ${text(metaOf(answer)['source'])}`,
    },
    {
      who: municipality,
      title: 'reads the interventions it answers for, newest first, two at a time, with the plan they are based on',
      call: () => ({
        method: 'GET',
        path: 'ServiceRequest?status=active&_sort=-_lastUpdated&_count=2&_include=ServiceRequest:based-on',
      }),
      shows: 'The link to the next page is sealed: it tells nothing of what was asked.',
      check: (answer, seen) => {
        const next = linkOf(answer, 'next');
        seen.set('next page', next ?? '');
        return statusIs(200)(answer) ?? (next === undefined ? 'expected a next page' : undefined);
      },
      detail: (answer) => `${entriesOf(answer).length} entries (matches and what they are based on)`,
    },
    {
      who: municipality,
      title: 'registers the person on its own, records its own consent, and reports on its interventions',
      call: () => ({ method: 'POST', path: '', body: readExample('hip-fracture/2-municipality.json') }),
      shows:
        'Each party writes only what is its own: its registration of the person, its commitments (Task). Nothing in the answer tells that others know the person.',
      check: (answer, seen) => {
        const entries = (
          JSON.parse(readExample('hip-fracture/2-municipality.json')) as { readonly entry: readonly Entry[] }
        ).entry;
        return statusIs(200)(answer) ?? rememberLocations(answer, entries, seen, 'municipality ');
      },
      detail: (answer) => `transaction-response, ${entriesOf(answer).length} × 201 Created`,
    },
    {
      who: region,
      title: "reads the municipality's reports on the interventions",
      call: () => ({ method: 'GET', path: 'Task?status=in-progress&_total=accurate&_include=Task:focus' }),
      shows: "The municipality's own consent opened them to the region: each custodian's data by its own consent.",
      check: (answer) =>
        statusIs(200)(answer) ??
        (answer.text.includes('SE2120003005-2011') ? undefined : "expected the municipality's reports"),
      detail: (answer) =>
        `${totalOf(answer) ?? ''}, kept by ${[...new Set(entriesOf(answer).map((entry) => text(toMeta(entry.resource)['source']).split('#')[1]))].join(' and ')}`,
    },
    {
      who: municipality,
      title: "tries to change the region's plan",
      call: (seen) => ({
        method: 'PUT',
        path: recall(seen, 'CarePlan'),
        body: recall(seen, 'CarePlan body').replace('Astrids plan', 'Hemvårdens plan'),
        headers: { 'If-Match': recall(seen, 'CarePlan etag') },
      }),
      shows:
        'Only the party that keeps a resource changes it. Every error says what is wrong, where, and what to do; nothing was written.',
      check: (answer) =>
        statusIs(422)(answer) ?? (answer.text.includes('not-your-resource') ? undefined : 'expected not-your-resource'),
      detail: outcomeOf,
    },
    {
      who: region,
      title: 'withdraws the consent, as the individual has asked',
      call: (seen) => ({
        method: 'PUT',
        path: recall(seen, 'Consent'),
        body: {
          ...withPatient(consent, recall(seen, 'Patient')),
          id: recall(seen, 'Consent').split('/')[1],
          status: 'inactive',
        },
        headers: { 'If-Match': recall(seen, 'Consent etag') },
      }),
      shows: 'Status inactive. From this answer on nothing that the consent opened leaves the hub.',
      check: statusIs(200),
      detail: (answer) => `status ${text(answer.body?.['status'])}`,
    },
    {
      who: municipality,
      title: 'reads the plan again, with the ETag it had',
      call: (seen) => ({
        method: 'GET',
        path: recall(seen, 'CarePlan'),
        headers: { 'If-None-Match': recall(seen, 'CarePlan etag') },
      }),
      shows: 'Gone from that moment: not even "not modified".',
      check: statusIs(404),
      detail: outcomeOf,
    },
    {
      who: municipality,
      title: 'follows the page link it got while it had consent',
      call: (seen) => ({ method: 'GET', path: recall(seen, 'next page') }),
      shows: 'An old link opens nothing.',
      check: (answer) =>
        statusIs(200)(answer) ?? (entriesOf(answer).length === 0 ? undefined : 'expected an empty page'),
      detail: (answer) => `${entriesOf(answer).length} entries`,
    },
    {
      who: municipality,
      title: 'reads its own report',
      call: (seen) => ({ method: 'GET', path: recall(seen, 'municipality Task') }),
      shows:
        "What the municipality wrote stays the municipality's. The reference to the region's intervention has been taken out (tag SUBSETTED).",
      check: (answer) =>
        statusIs(200)(answer) ??
        (answer.text.includes('SUBSETTED') ? undefined : 'expected the reference to be taken out'),
      detail: (answer) =>
        `status ${text(answer.body?.['status'])}, focus ${answer.body?.['focus'] === undefined ? 'taken out' : 'there'}`,
    },
    {
      who: region,
      title: 'reads its own plan',
      call: (seen) => ({ method: 'GET', path: recall(seen, 'CarePlan') }),
      shows: 'The region keeps what it wrote.',
      check: statusIs(200),
      detail: (answer) => `"${text(answer.body?.['title'])}"`,
    },
  ];
}

interface PlanBundle {
  readonly resourceType: 'Bundle';
  readonly type: 'transaction';
  readonly entry: readonly Entry[];
}

/** The example's Bundle without its Consent, and the Consent: the demo gives it later, to show what it does. */
function splitConsent(file: string): { readonly plan: PlanBundle; readonly consent: Entry['resource'] } {
  const bundle = JSON.parse(file) as PlanBundle;
  const consent = bundle.entry.find(({ resource }) => resource.resourceType === 'Consent')?.resource;
  if (consent === undefined) throw new Error('The example has no Consent.');
  return { plan: { ...bundle, entry: bundle.entry.filter(({ resource }) => resource !== consent) }, consent };
}

function withPatient(consent: Entry['resource'], patient: string): Entry['resource'] {
  return { ...consent, patient: { reference: patient }, performer: [{ reference: patient }] };
}

/** Remembers the first address of each type. Gives a fault where an entry was not created. */
function rememberLocations(answer: FhirAnswer, sent: readonly Entry[], seen: Memory, prefix = ''): string | undefined {
  const entries = entriesOf(answer);
  if (entries.length !== sent.length) return `expected ${sent.length} entries, got ${entries.length}`;
  for (const [at, { response }] of entries.entries()) {
    if (response?.status !== '201 Created') return `entry ${at}: ${response?.status ?? 'no status'}`;
    const name = `${prefix}${sent[at]?.resource.resourceType ?? ''}`;
    if (!seen.has(name)) seen.set(name, relativeAddress(response.location ?? ''));
  }
  return undefined;
}

function recall(seen: Memory, name: string): string {
  const value = seen.get(name);
  if (value === undefined) throw new Error(`An earlier step did not give "${name}".`);
  return value;
}

/** `CarePlan/1` of `https://hub/fhir/CarePlan/1/_history/2`. */
function relativeAddress(location: string): string {
  return /([A-Za-z]+\/[^/]+)\/_history\/[^/]+$/.exec(location)?.[1] ?? '';
}

function entriesOf(answer: FhirAnswer): readonly Entry[] {
  return (answer.body?.['entry'] ?? []) as readonly Entry[];
}

function linkOf(answer: FhirAnswer, relation: string): string | undefined {
  const links = (answer.body?.['link'] ?? []) as readonly { readonly relation: string; readonly url: string }[];
  return links.find((link) => link.relation === relation)?.url;
}

function expectTotal(answer: FhirAnswer, total: number): string | undefined {
  return answer.body?.['total'] === total ? undefined : `expected total ${total}, got ${text(answer.body?.['total'])}`;
}

function totalOf(answer: FhirAnswer): string | undefined {
  return `total ${text(answer.body?.['total'])}`;
}

function outcomeOf(answer: FhirAnswer): string | undefined {
  const issues = (answer.body?.['issue'] ?? []) as readonly {
    readonly details?: { readonly text?: string; readonly coding?: readonly { readonly code?: string }[] };
  }[];
  const [issue] = issues;
  return `${issue?.details?.coding?.[0]?.code ?? ''}: ${issue?.details?.text ?? ''}`;
}

function metaOf(answer: FhirAnswer): Readonly<Record<string, unknown>> {
  return toMeta(answer.body);
}

function toMeta(resource: Readonly<Record<string, unknown>> | undefined): Readonly<Record<string, unknown>> {
  return (resource?.['meta'] ?? {}) as Readonly<Record<string, unknown>>;
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
