// A child's consent is said by both guardians, unless it is recorded why one suffices; guardianship ends at 18. FB 6 kap. 11 §, HSL, SoL.
import type { Finding } from '../core/problem.ts';
import {
  adultAge,
  ageAt,
  basisOf,
  extensionsOf,
  isYes,
  needsOfGivers,
  referencesOf,
  saidAt,
  standsInRelation,
  toConsentParts,
} from './consent-parts.ts';
import type { SipRule } from './rule.ts';

const error = (diagnostics: string): readonly Finding[] => [
  { code: 'guardian-needed', severity: 'error', expression: 'Consent.performer', diagnostics },
];

/** A god man or an assessment of no harm stands in for guardians. */
const others: ReadonlySet<unknown> = new Set(['appointed-representative', 'harm-assessment']);

export const guardianNeeded: SipRule = {
  code: 'guardian-needed',
  type: 'Consent',
  sentence:
    'A child’s consent is said by two guardians, or by one with the reason why one suffices; nobody is a guardian of an adult.',
  source: 'FB 6 kap. 11 och 13 §§',
  needs: needsOfGivers,
  check: ({ after }, context) => {
    const consent = toConsentParts(after);
    const basis = basisOf(consent);
    if (!isYes(consent) || others.has(basis)) return [];
    const atMs = saidAt(consent, context);
    const age = ageAt(context.find(consent.patient?.reference ?? ''), atMs);
    const isChild = age === undefined || age.least < adultAge;
    if (!isChild) return basis === 'guardian' ? error('The person is an adult: guardianship ends at 18.') : [];
    const guardians = referencesOf(consent.performer).filter((reference) =>
      standsInRelation(context.find(reference), ['guardian'], atMs),
    );
    if (new Set(guardians).size >= 2) return [];
    const isExplained = extensionsOf(consent, 'sip-second-guardian-reason').length > 0;
    if (guardians.length === 1 && isExplained) return [];
    return error(
      guardians.length === 1
        ? 'Name the second guardian in Consent.performer, or record why one suffices (sip-second-guardian-reason).'
        : 'Name the guardians in Consent.performer: RelatedPersons with relationship guardian, in force when it was said.',
    );
  },
};
