// From a configured age a child's own view is recorded with the guardians' consent. Barnkonventionen artikel 12, SoL, FB 6 kap. 11 §.
import { adultAge, ageAt, extensionsOf, isYes, needsOfGivers, saidAt, toConsentParts } from './consent-parts.ts';
import type { SipRule } from './rule.ts';

export const childView: SipRule = {
  code: 'child-view',
  type: 'Consent',
  sentence: 'From a configured age a child’s own view stands in the Consent.',
  source: 'Barnkonventionen artikel 12, FB 6 kap. 11 §',
  needs: needsOfGivers,
  check: ({ after }, context) => {
    const consent = toConsentParts(after);
    const age = ageAt(context.find(consent.patient?.reference ?? ''), saidAt(consent, context));
    const isAsked = age !== undefined && age.least < adultAge && age.most >= context.childViewAge;
    if (!isYes(consent) || !isAsked || extensionsOf(consent, 'sip-child-view').length > 0) return [];
    return [
      {
        code: 'child-view',
        severity: 'error',
        expression: 'Consent.extension',
        diagnostics: `Add the extension sip-child-view: from ${context.childViewAge} years the child’s own view is recorded, or why the child could not be heard.`,
      },
    ];
  },
};
