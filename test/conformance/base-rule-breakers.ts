// One instance by hand for each rule of R4 that no small change to a generated instance breaks. Each breaks its rule; what else is amiss does not matter.
// By the rule's key; a key that several types use for different rules is written `Type key`.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRecord } from './json.ts';
import type { Json } from './json.ts';

const text: Json = { text: 'text' };
const inner = { resourceType: 'Basic', id: 'a', code: text };
const holding = (contained: Json, reference = '#a'): Json => ({
  resourceType: 'Basic',
  code: text,
  subject: { reference },
  contained: [contained],
});
const extension = [{ url: 'https://example.org/extension', valueString: 'text' }];
const asValue = (name: string, value: unknown): Json => ({
  resourceType: 'Basic',
  code: text,
  extension: [{ url: 'https://example.org/extension', [name]: value }],
});
const coded = (system: string, code: string): Json => ({ coding: [{ system, code }] });
const terminology = 'http://terminology.hl7.org/CodeSystem';
const consent = (code: string): Json => ({
  resourceType: 'Consent',
  status: 'draft',
  scope: coded('something', code),
  category: [text],
  policyRule: text,
});
const expression = { language: 'text/fhirpath', expression: 'true' };
const subject = { reference: 'Patient/a' };
const questionnaire = (...item: readonly Json[]): Json => ({ resourceType: 'Questionnaire', status: 'draft', item });
const prediction = (values: Json): Json => ({
  resourceType: 'RiskAssessment',
  status: 'final',
  subject,
  prediction: [values],
});
const percent = { value: 1, system: 'http://unitsofmeasure.org', code: 'mg' };
const testScript = (assert: Json): Json => ({
  resourceType: 'TestScript',
  url: 'https://example.org/t',
  name: 'T',
  status: 'draft',
  setup: { action: [{ assert: { warningOnly: false, ...assert } }] },
  test: [{ action: [{ assert: { warningOnly: false, ...assert } }] }],
});
const action = [{ operation: { encodeRequestUrl: true } }];
const operationAlone: Json = {
  resourceType: 'TestScript',
  url: 'https://example.org/t',
  name: 'T',
  status: 'draft',
  test: [{ action }],
  teardown: { action },
};

const profile = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../profiles/json/StructureDefinition-SipTask.json'), 'utf8'),
) as Json;
const { snapshot: _snapshot, differential: _differential, ...header } = profile;
const root = { id: 'Task', path: 'Task' };
const structure = (values: Json): Json => ({ ...header, ...values });
/** A profile whose second element is this one. */
const withElement = (values: Json): Json =>
  structure({ differential: { element: [root, { id: 'Task.code', path: 'Task.code', ...values }] } });
const ownUrl = 'http://hl7.org/fhir/StructureDefinition/made-up';

export const baseRuleBreakers: Readonly<Record<string, Json>> = {
  'dom-2': holding({ ...inner, contained: [inner] }),
  'dom-3': { resourceType: 'Basic', code: text, contained: [inner] },
  'dom-4': holding({ ...inner, meta: { versionId: '1' } }),
  'dom-5': holding({ ...inner, meta: { security: [{ code: 'R' }] } }),
  'ref-1': { resourceType: 'Basic', code: text, subject: { reference: '#nowhere' } },
  'ait-2': {
    resourceType: 'AllergyIntolerance',
    patient: subject,
    clinicalStatus: coded(`${terminology}/allergyintolerance-clinical`, 'active'),
    verificationStatus: coded(`${terminology}/allergyintolerance-verification`, 'entered-in-error'),
  },
  'bdl-7': {
    resourceType: 'Bundle',
    type: 'collection',
    entry: [1, 2].map(() => ({ fullUrl: 'https://example.org/fhir/Basic/a', resource: inner })),
  },
  'bdl-8': {
    resourceType: 'Bundle',
    type: 'collection',
    entry: [{ fullUrl: 'https://example.org/fhir/Basic/a/_history/1', resource: inner }],
  },
  'cpb-3': {
    resourceType: 'CapabilityStatement',
    status: 'draft',
    date: '2026',
    kind: 'requirements',
    fhirVersion: '4.0.1',
    format: ['json'],
    description: 'text',
    messaging: [{ endpoint: [{ protocol: { code: 'http' }, address: 'https://example.org' }] }],
  },
  'cpb-7': {
    resourceType: 'CapabilityStatement',
    status: 'draft',
    date: '2026',
    kind: 'requirements',
    fhirVersion: '4.0.1',
    format: ['json'],
    description: 'text',
    document: [1, 2].map(() => ({ mode: 'producer', profile: 'https://example.org/p' })),
  },
  'csd-1': {
    resourceType: 'CodeSystem',
    status: 'draft',
    content: 'complete',
    concept: [{ code: 'a' }, { code: 'a' }],
  },
  'cmd-1': {
    resourceType: 'ConceptMap',
    status: 'draft',
    group: [{ element: [{ code: 'a', target: [{ code: 'b', equivalence: 'narrower' }] }] }],
  },
  'con-4': {
    resourceType: 'Condition',
    subject,
    clinicalStatus: coded(`${terminology}/condition-clinical`, 'active'),
    abatementString: 'text',
  },
  'con-2': { resourceType: 'Condition', subject, evidence: [{ extension }] },
  'con-5': {
    resourceType: 'Condition',
    subject,
    clinicalStatus: coded(`${terminology}/condition-clinical`, 'active'),
    verificationStatus: coded(`${terminology}/condition-ver-status`, 'entered-in-error'),
  },
  'ppc-2': consent('patient-privacy'),
  'ppc-3': consent('research'),
  'ppc-4': consent('adr'),
  'ppc-5': consent('treatment'),
  'trd-1': asValue('valueTriggerDefinition', {
    type: 'data-added',
    timingDate: '2026-01-01',
    data: [{ type: 'Patient' }],
  }),
  'trd-2': asValue('valueTriggerDefinition', { type: 'named-event', name: 'a', condition: expression }),
  'fhs-1': {
    resourceType: 'FamilyMemberHistory',
    status: 'completed',
    patient: subject,
    relationship: text,
    ageString: '1',
    bornDate: '1970',
  },
  'grp-1': { resourceType: 'Group', type: 'person', actual: false, member: [{ entity: subject }] },
  'Task inv-1': {
    resourceType: 'Task',
    status: 'draft',
    intent: 'plan',
    authoredOn: '2026-02-01',
    lastModified: '2026-01-01',
  },
  'lst-1': { resourceType: 'List', status: 'current', mode: 'snapshot', emptyReason: text, entry: [{ item: subject }] },
  'lst-3': { resourceType: 'List', status: 'current', mode: 'snapshot', entry: [{ item: subject, date: '2026' }] },
  'mea-1': {
    resourceType: 'Measure',
    status: 'draft',
    group: [{ stratifier: [{ code: text, component: [{ criteria: expression }] }] }],
  },
  'mrp-1': {
    resourceType: 'MeasureReport',
    status: 'complete',
    type: 'data-collection',
    measure: 'https://example.org/m',
    period: { start: '2026' },
    group: [{ code: text }],
  },
  'mrp-2': {
    resourceType: 'MeasureReport',
    status: 'complete',
    type: 'summary',
    measure: 'https://example.org/m',
    period: { start: '2026' },
    group: [{ stratifier: [{ stratum: [{ value: text, component: [{ code: text, value: text }] }] }] }],
  },
  'mdd-1': {
    resourceType: 'MedicationDispense',
    status: 'completed',
    medicationCodeableConcept: text,
    whenPrepared: '2026-02-01',
    whenHandedOver: '2026-01-01',
  },
  'nsd-1': {
    resourceType: 'NamingSystem',
    name: 'A',
    status: 'draft',
    kind: 'root',
    date: '2026',
    uniqueId: [{ type: 'uuid', value: 'a' }],
  },
  'nsd-2': {
    resourceType: 'NamingSystem',
    name: 'A',
    status: 'draft',
    kind: 'identifier',
    date: '2026',
    uniqueId: ['a', 'b'].map((value) => ({ type: 'uri', value, preferred: true })),
  },
  'obs-6': { resourceType: 'Observation', status: 'final', code: text, valueString: 'text', dataAbsentReason: text },
  'obs-7': {
    resourceType: 'Observation',
    status: 'final',
    code: coded('https://example.org/c', 'a'),
    valueString: 'text',
    component: [{ code: coded('https://example.org/c', 'a'), valueString: 'text' }],
  },
  'Parameters inv-1': {
    resourceType: 'Parameters',
    parameter: [{ name: 'a', valueString: 'text', part: [{ name: 'b', valueString: 'text' }] }],
  },
  'que-2': questionnaire({ linkId: '1', type: 'string' }, { linkId: '1', type: 'string' }),
  'que-12': questionnaire({
    linkId: '1',
    type: 'string',
    enableWhen: ['a', 'b', 'c'].map((question) => ({ question, operator: 'exists', answerBoolean: true })),
  }),
  'que-13': questionnaire({
    linkId: '1',
    type: 'string',
    repeats: false,
    initial: [{ valueString: 'a' }, { valueString: 'b' }],
  }),
  'ras-1': prediction({ probabilityRange: { low: percent, high: percent } }),
  'ras-2': prediction({ probabilityDecimal: 101 }),
  'sdf-1': structure({ derivation: 'specialization', snapshot: { element: [root, { ...root, id: 'Task2' }] } }),
  'sdf-9': structure({ differential: { element: [{ ...root, label: 'text' }] } }),
  'sdf-10': structure({
    snapshot: { element: [root, { id: 'Task.code', path: 'Task.code', binding: { strength: 'required' } }] },
  }),
  'sdf-14': structure({ differential: { element: [{ path: 'Task' }] } }),
  'sdf-15': structure({ snapshot: { element: [{ ...root, type: [{ code: 'string' }] }] } }),
  'sdf-15a': structure({ differential: { element: [{ ...root, type: [{ code: 'string' }] }] } }),
  'sdf-16': structure({ snapshot: { element: [root, root] } }),
  'sdf-17': structure({ differential: { element: [root, root] } }),
  'sdf-19': { ...withElement({ type: [{ code: 'a-b' }] }), url: ownUrl },
  'sdf-20': structure({ differential: { element: [{ ...root, slicing: { rules: 'open' } }] } }),
  'sdf-21': withElement({ defaultValueString: 'text' }),
  'sdf-22': { ...withElement({ defaultValueString: 'text' }), url: ownUrl },
  'sdf-23': structure({ differential: { element: [{ ...root, sliceName: 'a' }] } }),
  'eld-4': withElement({ type: [{ code: 'string', aggregation: ['bundled'] }] }),
  'eld-5': withElement({ contentReference: '#Task.code', type: [{ code: 'string' }] }),
  'eld-6': withElement({ fixedString: 'text', type: [{ code: 'string' }, { code: 'uri' }] }),
  'eld-7': withElement({ patternString: 'text', type: [{ code: 'string' }, { code: 'uri' }] }),
  'eld-8': withElement({ patternString: 'text', fixedString: 'text', type: [{ code: 'string' }] }),
  'eld-13': withElement({ type: [{ code: 'string' }, { code: 'string' }] }),
  'eld-15': withElement({ defaultValueString: 'text', meaningWhenMissing: 'text' }),
  'eld-16': withElement({ sliceName: 'a b' }),
  'eld-17': withElement({ type: [{ code: 'string', targetProfile: ['https://example.org/p'] }] }),
  'eld-18': withElement({ isModifier: true }),
  'spd-2': {
    resourceType: 'SearchParameter',
    url: 'https://example.org/s',
    name: 'S',
    status: 'draft',
    description: 'text',
    code: 's',
    base: ['Patient'],
    type: 'string',
    chain: ['a'],
  },
  'tcp-1': {
    resourceType: 'TerminologyCapabilities',
    status: 'draft',
    date: '2026',
    kind: 'requirements',
    description: 'text',
    codeSystem: [{ version: [{ isDefault: true }, { code: '2' }] }],
  },
  'tim-10': asValue('valueTiming', { repeat: { timeOfDay: ['08:00:00'], when: ['MORN'] } }),
  'tst-6': testScript({ contentType: 'json', expression: 'true', resource: 'Patient' }),
  'tst-5': testScript({ contentType: 'json', expression: 'true', resource: 'Patient' }),
  'tst-8': operationAlone,
  'tst-9': operationAlone,
  'tst-10': testScript({ compareToSourceId: 'a' }),
  'tst-11': testScript({ compareToSourceId: 'a' }),
  'tst-12': testScript({ direction: 'request', response: 'okay' }),
  'tst-13': testScript({ direction: 'request', response: 'okay' }),
};

/** The breaker for a rule of a structure. */
export function breakerOf(type: string, key: string): Json | undefined {
  const found = baseRuleBreakers[`${type} ${key}`] ?? baseRuleBreakers[key];
  return isRecord(found) ? found : undefined;
}
