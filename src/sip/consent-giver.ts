// Who said the yes fits the basis it is recorded on: the individual, or a representative within a mandate that was in force. FB 11 kap.
import type { Finding } from '../core/problem.ts';
import {
  basisOf,
  hasMandate,
  isYes,
  needsOfGivers,
  referencesOf,
  saidAt,
  standsInRelation,
  toConsentParts,
} from './consent-parts.ts';
import type { SipRule } from './rule.ts';

const error = (diagnostics: string): readonly Finding[] => [
  { code: 'consent-giver', severity: 'error', expression: 'Consent.performer', diagnostics },
];

export const consentGiver: SipRule = {
  code: 'consent-giver',
  type: 'Consent',
  sentence:
    'An own consent is said by the individual; one by a representative by a god man or förvaltare whose mandate to guard the person’s rights or provide for the person was in force.',
  source: 'FB 11 kap. 4 och 7 §§',
  needs: needsOfGivers,
  check: ({ after }, context) => {
    const consent = toConsentParts(after);
    if (!isYes(consent)) return [];
    const performers = referencesOf(consent.performer);
    const basis = basisOf(consent);
    if (basis === 'own-consent' && !performers.includes(consent.patient?.reference ?? ''))
      return error('An own consent is said by the individual: refer to the Patient in Consent.performer.');
    if (basis !== 'appointed-representative') return [];
    const atMs = saidAt(consent, context);
    const isWithinMandate = performers.some((reference) => {
      const related = context.find(reference);
      return (
        standsInRelation(related, ['god-man', 'forvaltare'], atMs) &&
        (hasMandate(related, 'guard-rights') || hasMandate(related, 'provide-for-person'))
      );
    });
    if (isWithinMandate) return [];
    return error(
      'Refer to a RelatedPerson (god-man or forvaltare) with a mandate to guard the person’s rights or provide for the person, in force when it was said.',
    );
  },
};
