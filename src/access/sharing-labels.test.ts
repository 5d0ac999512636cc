import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findSharingLabels, notForPatient } from './sharing-labels.ts';

const labelled = (...security: readonly (object | null)[]) =>
  findSharingLabels({ resourceType: 'Goal', meta: { security } } as never);
const actCode = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';

describe('findSharingLabels', () => {
  it('finds what decides who sees the resource, each once', () => {
    const confidentiality = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';
    expect(
      labelled(
        { system: confidentiality, code: 'R' },
        { system: confidentiality, code: 'R' },
        { system: actCode, code: 'NOPATIENT' },
        { system: actCode, code: 'CPLYPOL' },
        null,
      ),
    ).toEqual([`${confidentiality}|R`, notForPatient]);
  });

  it.each(['NOPATIENT', 'NOPAT'])('takes %s as not for the patient', (code) => {
    expect(labelled({ system: actCode, code })).toEqual([notForPatient]);
  });

  it('is the label that the visibility predicate asks for', () => {
    expect(readFileSync(new URL('../store/visibility.ts', import.meta.url), 'utf8')).toContain(`'${notForPatient}'`);
  });
});
