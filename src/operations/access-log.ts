// Patient/[id]/$access-log: who has had the person's data, as a page in plain Swedish to print or hand over. What it holds is what the
// caller is told by AuditEvent; it needs the same scope. Without `start`, the last year.
import { decide, requireScope } from '../access/decide.ts';
import type { Permit } from '../access/permit.ts';
import type { Party } from '../access/principal.ts';
import { canonicalBase } from '../core/canonical.ts';
import { problem } from '../core/problem.ts';
import type { FhirResource } from '../fhir/resource.ts';
import { auditEventRead } from '../interactions/audit-events.ts';
import { toEntity } from '../interactions/audit-rows.ts';
import type { Operation, OperationRequest } from '../interactions/operation.ts';
import type { Answer, RequestContext, Services } from '../interactions/services.ts';
import type { DateValue } from '../search/query.ts';
import { toAccessLogPage } from './access-log-page.ts';
import { readOperationParameters } from './operation-parameters.ts';

const mostEvents = 1000;
const yearMs = 366 * 24 * 3_600_000;

export const accessLog: Operation = {
  name: '$access-log',
  summary:
    'Who has had the person’s data, when and by what right: the AuditEvents that the caller is told of, as an HTML page in plain Swedish; the individual is told of everybody. Takes `start` and `end`; the last year where they are left out. At most 1 000 events. Only for a person that the caller has registered or sees.',
  definition: `${canonicalBase}/OperationDefinition/Patient-access-log`,
  levels: ['instance'],
  types: ['Patient'],
  allowsGet: true,
  run: runAccessLog,
};

/** 200 with text/html. @throws not-found where the caller sees no registration of the person, operation-parameter-invalid */
async function runAccessLog(services: Services, context: RequestContext, request: OperationRequest): Promise<Answer> {
  const { id = '' } = request;
  const at = services.clock();
  const permit = decide({ kind: 'access-log', type: 'Patient', id }, { ...context, at });
  const { principal } = permit;
  if (principal.kind === 'operator') throw problem('role-forbidden');
  for (const action of ['r', 's'] as const) requireScope(principal, 'AuditEvent', action);
  const asked = readOperationParameters(services, context, { request, names: ['start', 'end'] });
  const { store, baseUrl } = services;
  const person = await store.read(permit, { type: 'Patient', id });
  if (person?.body === undefined) throw problem('not-found');
  const partyName = principal.kind === 'system' ? await nameOfParty(services, permit, principal.party) : undefined;
  const lowMs = asked.time('start')?.lowMs ?? at.getTime() - yearMs;
  const highMs = asked.time('end')?.highMs ?? at.getTime() + 1;
  const bounds = [
    { prefix: 'ge', lowMs, highMs: lowMs },
    { prefix: 'lt', lowMs: highMs, highMs },
  ] as const satisfies readonly DateValue[];
  const page = await store.auditEvents(permit, {
    filters: [{ kind: 'patient', ids: [id] }, ...bounds.map((bound) => ({ kind: 'at', values: [bound] }) as const)],
    isOldestFirst: false,
    untilMs: undefined,
    count: mostEvents,
    total: 'none',
    after: undefined,
  });
  // The name and number on the page are of that registration, which may be another party's.
  await auditEventRead(services, permit, page.events, [toEntity(permit, person)]);
  const patient = JSON.parse(person.body) as FhirResource & PatientParts;
  const body = toAccessLogPage({
    personName: toName(patient),
    personNumber: patient.identifier?.[0]?.value ?? `${baseUrl}/Patient/${id}`,
    partyName,
    madeAt: at,
    events: page.events,
    isCut: page.next !== undefined,
  });
  return { status: 200, headers: { 'Content-Language': 'sv' }, body, contentType: 'text/html' };
}

interface PatientParts {
  readonly identifier?: readonly { readonly value?: string }[];
  readonly name?: readonly {
    readonly text?: string;
    readonly given?: readonly string[];
    readonly family?: string;
  }[];
}

function toName({ name }: PatientParts): string {
  const [first] = name ?? [];
  return first?.text ?? [...(first?.given ?? []), first?.family ?? ''].join(' ').trim();
}

async function nameOfParty({ store }: Services, permit: Permit, { organizationId, source }: Party): Promise<string> {
  const organization = await store.read(permit, { type: 'Organization', id: organizationId });
  const { name = source }: { readonly name?: string } =
    organization?.body === undefined ? {} : (JSON.parse(organization.body) as object);
  return name;
}
