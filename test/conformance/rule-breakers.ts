// One violation by hand for each invariant of the profiles: a rule in words cannot be broken by a machine.
// The key is that of the constraint; a new invariant without an entry fails the test with its name.
import type { Json } from './json.ts';

export interface RuleBreaker {
  /** Name of the seed, where the profile's first one will not do. */
  readonly seed?: string;
  readonly change: (resource: Json) => void;
}

const concept = (system: string, code: string): Json => ({ coding: [{ system, code }] });
const codeSystem = 'https://siphub.se/fhir/CodeSystem';
const objects = (value: unknown): Json[] => value as Json[];
const object = (value: unknown): Json => value as Json;

const dropExtension = (resource: Json, id: string): void => {
  resource['extension'] = objects(resource['extension']).filter(
    (extension) => extension['url'] !== `https://siphub.se/fhir/StructureDefinition/${id}`,
  );
};

export const ruleBreakers: Readonly<Record<string, RuleBreaker>> = {
  'sip-appointment-individual': {
    change: (resource) => {
      resource['participant'] = objects(resource['participant']).slice(1);
    },
  },
  'sip-decline-reason': {
    seed: 'SipAppointmentResponse',
    change: (resource) => {
      resource['participantStatus'] = 'declined';
    },
  },
  'sip-coordinator-is-person': {
    change: (resource) => {
      object(objects(resource['participant'])[0])['member'] = { reference: 'Organization/kommun' };
    },
  },
  'sip-commitment-reason': {
    change: (resource) => {
      resource['status'] = 'rejected';
    },
  },
  'sip-communication-subject': {
    change: (resource) => {
      delete resource['subject'];
    },
  },
  'sip-deviation-about': {
    change: (resource) => {
      resource['category'] = [concept(`${codeSystem}/sip-communication-category`, 'deviation')];
    },
  },
  'sip-need-level': {
    change: (resource) => {
      delete resource['extension'];
    },
  },
  'sip-consent-performer': {
    seed: 'SipConsent',
    change: (resource) => {
      delete resource['performer'];
    },
  },
  'sip-consent-evidence-given': {
    seed: 'SipConsent',
    change: (resource) => dropExtension(resource, 'sip-consent-evidence'),
  },
  'sip-consent-harm-assessed': {
    seed: 'SipConsent.child',
    change: (resource) => dropExtension(resource, 'sip-harm-assessment'),
  },
  'sip-performer-type': {
    change: (resource) => {
      delete resource['performerType'];
    },
  },
  'sip-organization-identifier': {
    change: (resource) => {
      resource['identifier'] = objects(resource['identifier']).slice(2);
    },
  },
  'sip-organization-county': {
    change: (resource) => {
      resource['identifier'] = objects(resource['identifier']).slice(0, 2);
    },
  },
  'sip-organization-municipality': {
    change: (resource) => {
      resource['type'] = [concept(`${codeSystem}/sip-party-type`, 'municipality')];
      resource['identifier'] = objects(resource['identifier']).slice(0, 2);
    },
  },
  'sip-patient-identifier': {
    change: (resource) => {
      resource['identifier'] = [{ system: 'https://example.org/journal', value: '1' }];
    },
  },
  'sip-name': {
    change: (resource) => {
      objects(resource['name']).splice(0, 1, { use: 'official' });
    },
  },
  'sip-mandate-period': {
    change: (resource) => {
      delete resource['period'];
    },
  },
  'sip-sub-goal-heading': {
    change: (resource) => {
      resource['category'] = objects(resource['category']).slice(0, 1);
    },
  },
  'sip-survey-month': {
    change: (resource) => {
      resource['authored'] = '2026-03-14';
    },
  },
};
