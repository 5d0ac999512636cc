// What a reference parameter is found by. https://hl7.org/fhir/R4/search.html#reference
// Versions are left off; references to contained resources, conditional ones and those by identifier alone are not indexed.
import { parseReference } from '../../fhir/reference.ts';
import type { ReferenceRow } from '../index-rows.ts';
import { toIndexable } from '../string-value.ts';

type ReferencePart = Pick<ReferenceRow, 'targetType' | 'targetId'>;
type ReferenceRule = (value: unknown, baseUrl: string) => readonly ReferencePart[];

/** With the version after the bar and without. */
const url: ReferenceRule = (value) => {
  if (typeof value !== 'string') return [];
  const [bare = value] = value.split('|');
  return [...new Set([bare, value])].map((text) => ({ targetType: '', targetId: toIndexable(text) }));
};

export const referenceRules: Readonly<Record<string, ReferenceRule>> = {
  Reference: (value, baseUrl) => {
    const { reference } = value as { readonly reference?: unknown };
    return typeof reference === 'string' ? toReferenceParts(reference, baseUrl) : [];
  },
  canonical: url,
  uri: url,
  url,
};

/**
 * The identifier of a Reference, for `:identifier`. `isHideable`: the Reference has a literal target besides, so it can be taken out
 * of what a reader gets, and its identifier with it.
 */
export function toLogicalTargets(
  type: string,
  value: unknown,
): readonly { readonly system: string; readonly code: string; readonly isHideable: boolean }[] {
  if (type !== 'Reference') return [];
  const { identifier, reference } = value as {
    readonly identifier?: { readonly system?: unknown; readonly value?: unknown } | null;
    readonly reference?: unknown;
  };
  if (typeof identifier?.value !== 'string') return [];
  const system = typeof identifier.system === 'string' ? toIndexable(identifier.system) : '';
  return [{ system, code: toIndexable(identifier.value), isHideable: typeof reference === 'string' }];
}

function toReferenceParts(text: string, baseUrl: string): readonly ReferencePart[] {
  const parsed = parseReference(text, baseUrl);
  switch (parsed.kind) {
    case 'local':
      return [{ targetType: parsed.type, targetId: parsed.id }];
    case 'external':
      return [{ targetType: '', targetId: toIndexable(parsed.url) }];
    case 'urn':
      return [{ targetType: '', targetId: toIndexable(parsed.urn) }];
    case 'conditional':
    case 'contained':
    case 'invalid':
      return [];
  }
}
