// What belongs to one data type wherever it stands: codes that exist, identifiers with check digits, references of the right form.
// https://hl7.org/fhir/R4/datatypes.html
import type { Definitions } from '../fhir/definitions.ts';
import type { Codes } from '../terminology/codes.ts';
import { profileCheck } from './element-checks.ts';
import { createExtensionRule } from './extension-rules.ts';
import { findIdentifierFault } from './identifiers.ts';
import { findNarrativeFault } from './narrative.ts';
import type { ProfileParts } from './profile.ts';
import { findReferenceFault, findTargetType } from './reference-target.ts';
import type { ObjectNode, Property } from './structure.ts';
import type { Walk } from './walk.ts';
import { defer, isObject, quoteCode, report } from './walk.ts';

/** What belongs to one data type wherever it stands, and needs more than the structure. */
export interface TypeRules {
  readonly coding: (walk: Walk, value: Readonly<Record<string, unknown>>) => void;
  readonly identifier: (walk: Walk, value: Readonly<Record<string, unknown>>) => void;
  readonly reference: (
    walk: Walk,
    value: Readonly<Record<string, unknown>>,
    targets: ReadonlySet<string> | undefined,
  ) => void;
  readonly narrative: (walk: Walk, xhtml: string) => void;
  readonly extension: (walk: Walk, value: Readonly<Record<string, unknown>>, place: ExtensionPlace) => void;
  readonly resource: (walk: Walk, value: Readonly<Record<string, unknown>>) => void;
  readonly typeProfiles: (walk: Walk, value: unknown, property: Property) => void;
}

export interface ExtensionPlace {
  /** The object that carries the extension, and the path by which it was reached (`Patient.name`). */
  readonly node: ObjectNode | undefined;
  readonly usedAs: string;
  readonly isModifier: boolean;
  /** The url of the extension that this one is part of. */
  readonly outerUrl: string | undefined;
}

interface RuleParts extends Pick<ProfileParts, 'profile' | 'conforms'> {
  readonly resource: TypeRules['resource'];
}

/** The rules by name of the type. */
export function createTypeRules(
  sources: { readonly definitions: Definitions; readonly codes: Codes },
  parts: RuleParts,
): TypeRules {
  const { definitions, codes } = sources;
  return {
    resource: parts.resource,
    extension: createExtensionRule({ definitions, profile: parts.profile }),
    coding: (walk, { system, code }) => {
      if (typeof system !== 'string' || typeof code !== 'string' || codes.inSystem({ system, code }) !== false) return;
      // Versions of HL7's systems differ in what they hold; the project's own are exact.
      const severity = definitions.isProject(system) ? 'error' : 'warning';
      report(walk, 'code-unknown', {
        at: ['code'],
        severity,
        diagnostics: `${quoteCode(code)} is not a code of ${quoteCode(system)}. Correct the code or the system.`,
      });
    },
    identifier: (walk, { system, value }) => {
      const fault =
        typeof system === 'string' && typeof value === 'string' ? findIdentifierFault(system, value) : undefined;
      if (fault !== undefined) report(walk, 'identifier-invalid', { at: ['value'], diagnostics: fault });
    },
    reference: (walk, value, targets) => {
      const fault =
        typeof value['reference'] === 'string'
          ? findReferenceFault(value['reference'], definitions.resourceTypes)
          : undefined;
      if (fault !== undefined)
        report(walk, 'invalid-value', { at: ['reference'], diagnostics: `A reference ${fault}. Correct it.` });
      const target = targets === undefined ? undefined : findTargetType(value, walk.root);
      if (target !== undefined && targets?.has(target) === false) {
        report(walk, 'reference-target', {
          diagnostics: `This may point at ${[...targets].join(', ')}${definitions.resourceTypes.has(target) ? `, not at ${target}` : ''}. Point at one of them.`,
        });
      }
    },
    narrative: (walk, xhtml) => {
      const fault = findNarrativeFault(xhtml);
      if (fault !== undefined)
        report(walk, 'narrative-unsafe', { diagnostics: `The narrative ${fault}. Correct or remove it.` });
    },
    typeProfiles: (walk, value, property) => {
      const check = profileCheck({ code: property.type, profile: [...property.typeProfiles] }, parts);
      defer(
        walk,
        (later, item) =>
          isObject(item) && check(later, { value: item, children: item, index: undefined, type: property.type }),
        value,
      );
    },
  };
}
