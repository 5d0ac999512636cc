import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadDefinitions } from '../fhir/definitions.ts';
import type { FhirResource } from '../fhir/resource.ts';
import { createCodes } from '../terminology/codes.ts';
import { createSipProfiles } from './sip-profiles.ts';

const base = 'https://siphub.se/fhir';
const choose = (resource: FhirResource): string | undefined => createSipProfiles(base)(resource)[0]?.split('/').at(-1);
const task = (code: string, more: Record<string, unknown> = {}): FhirResource => ({
  resourceType: 'Task',
  code: { coding: [{ system: `${base}/CodeSystem/sip-task-code`, code }] },
  ...more,
});

describe('createSipProfiles', () => {
  it.each([
    [task('commitment'), 'SipCommitment'],
    [task('hold-follow-up'), 'SipWorkItem'],
    [task('review-deviation', { focus: { reference: 'ServiceRequest/a' } }), 'SipWorkItem'],
    [task('other'), 'SipTask'],
    [{ resourceType: 'Task', focus: { reference: 'ServiceRequest/a' } }, 'SipCommitment'],
    [{ resourceType: 'Task', focus: { reference: 'ServiceRequest?identifier=a' } }, 'SipCommitment'],
    [{ resourceType: 'Task' }, 'SipTask'],
    [{ resourceType: 'Goal' }, 'SipMainGoal'],
    [
      {
        resourceType: 'Goal',
        category: [{ coding: [{ system: `${base}/CodeSystem/sip-goal-kind`, code: 'sub-goal' }] }],
      },
      'SipSubGoal',
    ],
    [{ resourceType: 'QuestionnaireResponse' }, 'SipSurveyResponse'],
    [{ resourceType: 'QuestionnaireResponse', subject: { reference: 'Patient/a' } }, 'SipSelfReport'],
    [{ resourceType: 'Observation' }, undefined],
    [{ resourceType: 'constructor' }, undefined],
    [{ resourceType: 'Task', code: null, focus: 1 }, 'SipTask'],
  ])('holds %j to %s', (resource, profile) => {
    expect(choose(resource)).toBe(profile);
  });

  it('knows each work item of the value set', () => {
    const repository = join(import.meta.dirname, '../..');
    const listed =
      createCodes(loadDefinitions([join(repository, 'terminology/json')])).expand(`${base}/ValueSet/sip-work-item`) ??
      [];
    expect(listed.length).toBeGreaterThan(5);
    for (const { code } of listed) expect(choose(task(code))).toBe('SipWorkItem');
  });
});
