// Every constraint that a profile's differential adds, as a list that the test must find a violation for.
// https://hl7.org/fhir/R4/profiling.html
import type { ElementDefinition, StructureDefinition } from '@medplum/fhirtypes';

export type ConstraintKind = 'min' | 'max' | 'fixed' | 'binding' | 'choice' | 'target' | 'invariant' | 'context';

export interface Constraint {
  readonly profile: StructureDefinition;
  readonly element: ElementDefinition;
  readonly kind: ConstraintKind;
  /** Key of an invariant. */
  readonly key: string;
  readonly name: string;
}

/** All constraints of the differential. What only says which slice an item belongs to is left out: nothing can violate it. */
export function listConstraints(profile: StructureDefinition): readonly Constraint[] {
  const found: Constraint[] = [];
  for (const element of profile.differential?.element ?? []) {
    const full = profile.snapshot?.element.find((candidate) => candidate.id === element.id);
    if (full === undefined) throw new Error(`${profile.id}: the snapshot lacks ${element.id}.`);
    const add = (kind: ConstraintKind, key = ''): void => {
      found.push({
        profile,
        element: full,
        kind,
        key,
        name: `${profile.id} ${element.id} ${kind}${key === '' ? '' : ` ${key}`}`,
      });
    };
    const tellsSlice = isDiscriminator(element, profile);
    if ((element.min ?? 0) > 0 && !tellsSlice) add('min');
    if (element.max !== undefined && element.max !== '*' && element.max !== full.base?.max) add('max');
    if (
      element.max !== undefined &&
      element.sliceName !== undefined &&
      element.max !== '*' &&
      full.base?.max === element.max
    )
      add('max');
    const hasValue = Object.keys(element).some((name) => /^(?:fixed|pattern)[A-Z]/.test(name));
    if (hasValue && !tellsSlice && element.id !== 'Extension.url') add('fixed');
    if (element.binding?.strength === 'required') add('binding');
    if (element.path.endsWith('[x]') && element.type !== undefined) add('choice');
    if ((element.type ?? []).some((type) => type.targetProfile !== undefined)) add('target');
    for (const constraint of element.constraint ?? []) add('invariant', constraint.key);
  }
  if (profile.type === 'Extension') {
    const [root] = profile.snapshot?.element ?? [];
    if (root !== undefined)
      found.push({ profile, element: root, kind: 'context', key: '', name: `${profile.id} context` });
  }
  return found;
}

/** Part of an optional slice by which its members are known: without it the item is not a member, and nothing is wrong. */
function isDiscriminator(element: ElementDefinition, profile: StructureDefinition): boolean {
  const id = element.id ?? '';
  const slice = profile.snapshot?.element.find(
    (candidate) =>
      candidate.sliceName !== undefined &&
      candidate.min === 0 &&
      (id === candidate.id || id.startsWith(`${candidate.id}.`)),
  );
  if (slice === undefined || slice.path === 'Extension.extension') return false;
  const list = profile.snapshot?.element.find(
    (candidate) => candidate.id === slice.id?.slice(0, slice.id.lastIndexOf(':')),
  );
  return (list?.slicing?.discriminator ?? []).some((discriminator) =>
    discriminator.path === '$this' ? id === slice.id : id === `${slice.id}.${discriminator.path}`,
  );
}
