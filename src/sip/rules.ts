// The rules of the SIP process, listed. Each is a file of its own with golden cases in test/fixtures/sip/<code>.
import type { Finding } from '../core/problem.ts';
import { childView } from './child-view.ts';
import { consentGiver } from './consent-giver.ts';
import { guardianNeeded } from './guardian-needed.ts';
import { harmAssessmentOwn } from './harm-assessment-own.ts';
import type { SipChange, SipContext, SipRule } from './rule.ts';

export const sipRules: readonly SipRule[] = [guardianNeeded, childView, consentGiver, harmAssessmentOwn];

const rulesOf = (type: string): readonly SipRule[] => sipRules.filter((rule) => rule.type === type);

export const hasRules = (type: string): boolean => rulesOf(type).length > 0;

/** `Type/id` of all that the rules look at to judge this. */
export function needsOf({ after }: SipChange): readonly string[] {
  return [...new Set(rulesOf(after.resourceType).flatMap(({ needs }) => needs(after)))];
}

/** What the rules find in the change. */
export function findRuleFaults(change: SipChange, context: SipContext): readonly Finding[] {
  return rulesOf(change.after.resourceType).flatMap(({ check }) => check(change, context));
}
