// An event of the log as an AuditEvent, after IHE's Basic Audit Log Patterns: PatientRead, PatientQuery, PatientCreate and their like.
// https://profiles.ihe.net/ITI/BALP/ · Two things differ, because the log never holds them: the query itself (a personal number may
// stand in it) and the address of the client. docs/decisions/0027-audit-events.md
import { canonicalBase } from '../core/canonical.ts';
import { formatInstant } from '../fhir/instant.ts';
import type { FhirResource } from '../fhir/resource.ts';
import type { AuditEvent } from '../store/audit-event.ts';
import { sealAuditEventId } from './audit-event-id.ts';

export const restInteraction = 'http://hl7.org/fhir/restful-interaction';
/** The hub's operations, by their names without the dollar sign. */
export const hubOperation = `${canonicalBase}/CodeSystem/sip-operation`;
const clientIdSystem = `${canonicalBase}/sid/client-id`;
const hsaIdSystem = 'urn:oid:1.2.752.29.4.19';
const participation = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType';
const dicom = 'http://dicom.nema.org/resources/ontology/DCM';
const entityType = 'http://terminology.hl7.org/CodeSystem/audit-entity-type';
const entityRole = 'http://terminology.hl7.org/CodeSystem/object-role';

type AuditAction = 'C' | 'R' | 'U' | 'D' | 'E';

/** What the log's word for an interaction is in FHIR; a word that is not here: action E. https://hl7.org/fhir/R4/valueset-audit-event-action.html */
export const auditActions: Readonly<Record<string, Exclude<AuditAction, 'E'>>> = {
  create: 'C',
  read: 'R',
  vread: 'R',
  'history-instance': 'R',
  'history-type': 'R',
  'history-system': 'R',
  meta: 'R',
  update: 'U',
  patch: 'U',
  'meta-add': 'U',
  'meta-delete': 'U',
  delete: 'D',
};

/** Words of the log that are codes of restInteraction. */
export const restInteractions: readonly string[] = [
  'create',
  'read',
  'vread',
  'history-instance',
  'history-type',
  'history-system',
  'search-type',
  'update',
  'patch',
  'delete',
  'transaction',
  'batch',
  'capabilities',
];

/** Words of the log that are codes of hubOperation. */
export const hubOperations: readonly string[] = [
  'access-log',
  'confirm',
  'everything',
  'explain-access',
  'export',
  'meta',
  'meta-add',
  'meta-delete',
  'validate',
];

export const auditOutcomes: Readonly<Record<AuditEvent['outcome'], string>> = {
  success: '0',
  refused: '4',
  failed: '8',
};

export interface AuditEventForm {
  /** The hub's FHIR base. */
  readonly baseUrl: string;
  /** Of `deriveAuditEventKey`. */
  readonly key: Buffer;
}

/** The resource, in full. */
export function toAuditEvent(
  event: AuditEvent,
  { baseUrl, key }: AuditEventForm,
): FhirResource & { readonly id: string } {
  const recorded = formatInstant(event.at);
  const action = actionOf(event.interaction);
  const server = { identifier: { system: 'urn:ietf:rfc:3986', value: baseUrl }, display: 'sip-hub' };
  return {
    resourceType: 'AuditEvent',
    id: sealAuditEventId(key, event.place),
    meta: { lastUpdated: recorded, profile: [`${canonicalBase}/StructureDefinition/SipAuditEvent`] },
    type: { system: 'http://terminology.hl7.org/CodeSystem/audit-event-type', code: 'rest' },
    ...toSubtype(event.interaction),
    action,
    recorded,
    outcome: auditOutcomes[event.outcome],
    outcomeDesc: `HTTP ${event.status}`,
    agent: [...toParty(event, action, baseUrl), ...toStaff(event), ...toMachines(event, { action, server, baseUrl })],
    source: {
      observer: server,
      type: [{ system: 'http://terminology.hl7.org/CodeSystem/security-source-type', code: '4' }],
    },
    entity: toEntities(event),
  };
}

function actionOf(interaction: string): AuditAction {
  return Object.hasOwn(auditActions, interaction) ? (auditActions[interaction] ?? 'E') : 'E';
}

function toSubtype(interaction: string): object {
  if (restInteractions.includes(interaction)) return { subtype: [{ system: restInteraction, code: interaction }] };
  const known = hubOperations.includes(interaction);
  if (!known && interaction !== 'operation') return {};
  return {
    subtype: [
      { system: restInteraction, code: 'operation' },
      ...(known ? [{ system: hubOperation, code: interaction }] : []),
    ],
  };
}

/** Who was at work there, where the client said so. */
function toStaff({ staff }: AuditEvent): readonly object[] {
  if (staff?.hsaId === undefined) return [];
  return [
    {
      type: {
        coding: [{ system: 'http://terminology.hl7.org/CodeSystem/extra-security-role-type', code: 'humanuser' }],
      },
      ...(staff.roles.length === 0 ? {} : { role: staff.roles.map(toConcept) }),
      who: { identifier: { system: hsaIdSystem, value: staff.hsaId } },
      requestor: false,
    },
  ];
}

/** Of `system|code`. */
function toConcept(text: string): object {
  const at = text.indexOf('|');
  return { coding: [{ system: text.slice(0, at), code: text.slice(at + 1) }] };
}

/** The individual who acted, or the organization that the client acted for, with the Consents by which it was given what others keep. */
function toParty(
  { individualId, organizationId, organizationName, staff, entities }: AuditEvent,
  action: AuditAction,
  baseUrl: string,
): readonly object[] {
  const code = action === 'R' || action === 'E' ? 'IRCP' : 'AUT';
  const type = { coding: [{ system: participation, code }] };
  if (individualId !== undefined) return [{ type, who: { reference: `Patient/${individualId}` }, requestor: true }];
  if (organizationId === undefined) return [];
  const consents = new Set(entities.flatMap(({ consent }) => (consent === null ? [] : [consent])));
  return [
    {
      type,
      who: {
        reference: `Organization/${organizationId}`,
        ...(organizationName === undefined ? {} : { display: organizationName }),
      },
      requestor: true,
      ...(consents.size === 0 ? {} : { policy: [...consents].map((consent) => `${baseUrl}/Consent/${consent}`) }),
      ...(staff === undefined || staff.purposes.length === 0 ? {} : { purposeOfUse: staff.purposes.map(toConcept) }),
    },
  ];
}

interface Machines {
  readonly action: AuditAction;
  readonly server: object;
  readonly baseUrl: string;
}

/** What a read gives flows from the server; what else is asked, from the client. That is how IHE writes it. */
function toMachines(
  { clientId, individualId, organizationId }: AuditEvent,
  { action, server, baseUrl }: Machines,
): readonly object[] {
  const [source, destination] = ['110153', '110152'];
  const [ofClient, ofServer] = action === 'R' ? [destination, source] : [source, destination];
  const role = (code: string | undefined): object => ({ type: { coding: [{ system: dicom, code }] } });
  const client = {
    ...role(ofClient),
    who: { identifier: { system: clientIdSystem, value: clientId } },
    requestor: organizationId === undefined && individualId === undefined,
  };
  return [
    ...(clientId === undefined ? [] : [client]),
    { ...role(ofServer), who: server, requestor: false, network: { address: baseUrl, type: '5' } },
  ];
}

function toEntities({ entities, patientId, interaction, type, requestId }: AuditEvent): readonly object[] {
  const system = { type: { system: entityType, code: '2' } };
  const isSearch = interaction === 'search-type';
  const query = {
    ...system,
    role: { system: entityRole, code: '24' },
    ...(type === undefined ? {} : { description: type }),
    _query: { extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'masked' }] },
  };
  return [
    ...(patientId === undefined
      ? []
      : [
          {
            what: { reference: `Patient/${patientId}` },
            type: { system: entityType, code: '1' },
            role: { system: entityRole, code: '1' },
          },
        ]),
    ...(isSearch ? [query] : []),
    ...(entities.length === 0 && !isSearch && type !== undefined ? [{ ...system, name: type }] : []),
    ...entities.map(toData),
    {
      what: { identifier: { value: requestId } },
      type: { system: 'https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType', code: 'XrequestId' },
    },
  ];
}

/** A resource that was given or written, whose it is, and by what right the party had it. */
function toData({ address, versionId, custodianId, rule, consent }: AuditEvent['entities'][number]): object {
  const details = {
    custodian: custodianId === null ? undefined : `Organization/${custodianId}`,
    rule: rule ?? undefined,
    consent: consent === null ? undefined : `Consent/${consent}`,
  };
  const detail = Object.entries(details).flatMap(([type, valueString]) =>
    valueString === undefined ? [] : [{ type, valueString }],
  );
  return {
    what: { reference: versionId === null ? address : `${address}/_history/${versionId}` },
    type: { system: entityType, code: '2' },
    role: { system: entityRole, code: '4' },
    ...(detail.length === 0 ? {} : { detail }),
  };
}
