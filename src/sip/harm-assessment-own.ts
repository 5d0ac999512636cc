// Menprövning: each authority assesses for its own data alone that giving them out does no harm. OSL 25 kap. 1 §, 26 kap. 1 §.
import { basisOf, extensionsOf, isYes, referencesOf, toConsentParts } from './consent-parts.ts';
import type { SipRule } from './rule.ts';

export const harmAssessmentOwn: SipRule = {
  code: 'harm-assessment-own',
  type: 'Consent',
  sentence:
    'A Consent that rests on an assessment of no harm opens what the party that assessed and records it keeps, and nothing else.',
  source: 'OSL 25 kap. 1 §, 26 kap. 1 §',
  needs: () => [],
  check: ({ after }, { actingOrganization }) => {
    const consent = toConsentParts(after);
    if (!isYes(consent) || basisOf(consent) !== 'harm-assessment') return [];
    const assessed = extensionsOf(consent, 'sip-harm-assessment').flatMap(({ extension = [] }) =>
      extension.flatMap(({ url, valueReference }) =>
        url === 'custodian' && valueReference?.reference !== undefined ? [valueReference.reference] : [],
      ),
    );
    const named = [...referencesOf(consent.organization), ...assessed];
    const isOwn = actingOrganization !== undefined && named.every((reference) => reference === actingOrganization);
    if (isOwn && assessed.length > 0) return [];
    return [
      {
        code: 'harm-assessment-own',
        severity: 'error',
        expression: 'Consent.organization',
        diagnostics:
          'Name your own organization alone, in Consent.organization and as custodian of the assessment. Other parties assess and record for theirs.',
      },
    ];
  },
};
