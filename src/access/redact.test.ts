import { describe, expect, it } from 'vitest';
import { redactReferences } from './redact.ts';

const base = 'https://hub.example/fhir';
const plan = {
  resourceType: 'CarePlan',
  id: '1',
  meta: { versionId: 'v', tag: [{ code: 'own' }] },
  goal: [{ reference: 'Goal/a' }, { reference: 'Goal/b', display: 'seen' }],
  activity: [
    { reference: { reference: `${base}/ServiceRequest/hidden`, display: 'secret' } },
    { reference: { reference: 'ServiceRequest/shown' } },
  ],
  extension: [{ url: 'https://siphub.se/x', valueReference: { reference: 'Goal/a/_history/2' } }],
};

describe('redactReferences', () => {
  const reduced = redactReferences(plan, new Set(['Goal/a', 'ServiceRequest/hidden']), base);

  it('takes out every reference to what is hidden, in every way it can be written, with its display', () => {
    const text = JSON.stringify(reduced);
    expect(text).not.toMatch(/Goal\/a|hidden|secret/);
    expect(reduced['goal']).toEqual([{ reference: 'Goal/b', display: 'seen' }]);
    expect(reduced['activity']).toEqual([{ reference: { reference: 'ServiceRequest/shown' } }]);
  });

  it('leaves nothing empty behind', () => {
    expect(reduced).not.toHaveProperty('extension');
  });

  it('says that something was taken out, and keeps the tags that were there', () => {
    expect(reduced.meta?.tag?.map(({ code }) => code)).toEqual(['own', 'SUBSETTED']);
  });

  it('leaves the resource it was given as it was', () => {
    expect(plan.goal).toHaveLength(2);
  });
});
