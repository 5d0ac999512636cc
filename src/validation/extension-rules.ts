// Extensions: known ones must stand where they may and hold what they must; unknown ones are kept, unknown modifiers refused.
// https://hl7.org/fhir/R4/extensibility.html
import type { StructureDefinition } from '@medplum/fhirtypes';
import type { Definitions } from '../fhir/definitions.ts';
import { isAllowedPlace } from './extension-context.ts';
import type { Profile } from './profile.ts';
import type { ExtensionPlace } from './type-rules.ts';
import type { JsonObject, Walk } from './walk.ts';
import { defer, isObject, quoteCode, report } from './walk.ts';

interface KnownExtension {
  readonly structure: StructureDefinition;
  readonly isModifier: boolean;
  /** Urls of the extensions inside this one. */
  readonly parts: ReadonlySet<string>;
}

/** The rule for one extension; the walk stands at it. */
export function createExtensionRule(sources: {
  readonly definitions: Definitions;
  readonly profile: (canonical: string) => Profile | undefined;
}): (walk: Walk, value: JsonObject, place: ExtensionPlace) => void {
  const known = new Map<string, KnownExtension | undefined>();
  const find = (url: string): KnownExtension | undefined => {
    if (!known.has(url) && known.size < 5000) known.set(url, toKnown(sources.definitions.structure(url)));
    return known.get(url);
  };
  return (walk, value, place) => {
    const url = value['url'];
    if (typeof url !== 'string') return;
    if (!/^[a-z][a-z0-9+.-]*:/i.test(url)) {
      checkPart(walk, url, place, find);
      return;
    }
    const extension = find(url);
    if (place.isModifier && !sources.definitions.isBuiltIn(url)) {
      report(walk, 'modifier-extension-unknown', {
        diagnostics: `The hub does not know what the modifierExtension ${quoteCode(url)} means and cannot honour it. Remove it.`,
      });
      return;
    }
    if (extension === undefined) return;
    if (extension.isModifier !== place.isModifier) {
      report(walk, 'extension-context', {
        diagnostics: `${quoteCode(url)} is ${extension.isModifier ? '' : 'not '}a modifier. Put it in ${extension.isModifier ? 'modifierExtension' : 'extension'}.`,
      });
    } else if (!isAllowedPlace(extension.structure, place)) {
      const contexts = (extension.structure.context ?? []).map((context) => context.expression).join(', ');
      report(walk, 'extension-context', {
        diagnostics: `${quoteCode(url)} may stand at ${contexts} only. Move or remove it.`,
      });
    }
    const profile = sources.profile(url);
    if (profile !== undefined) defer(walk, (later, item) => isObject(item) && profile.check(later, item), value);
  };
}

/** An extension inside another is named by a word, which the outer one must define. */
function checkPart(
  walk: Walk,
  url: string,
  place: ExtensionPlace,
  find: (url: string) => KnownExtension | undefined,
): void {
  if (place.outerUrl === undefined) {
    report(walk, 'invalid-value', {
      at: ['url'],
      diagnostics: 'The url of an extension must be absolute. Send the URL of its definition.',
    });
    return;
  }
  const outer = /^[a-z][a-z0-9+.-]*:/i.test(place.outerUrl) ? find(place.outerUrl) : undefined;
  if (outer !== undefined && !outer.parts.has(url)) {
    report(walk, 'slice-not-allowed', {
      diagnostics: `${quoteCode(place.outerUrl)} has no part of this name; its parts are ${[...outer.parts].join(', ') || 'none'}. Correct or remove it.`,
    });
  }
}

function toKnown(structure: StructureDefinition | undefined): KnownExtension | undefined {
  if (structure?.type !== 'Extension' || structure.derivation !== 'constraint') return undefined;
  const elements = structure.snapshot?.element ?? [];
  const parts = elements
    .filter((element) => element.path.endsWith('.extension.url') && element.fixedUri !== undefined)
    .map((element) => element.fixedUri ?? '');
  return { structure, isModifier: elements[0]?.isModifier === true, parts: new Set(parts) };
}
