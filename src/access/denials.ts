// Nested provisions of a Consent: one level, and they only deny, by who receives, by resource or by security label (sip.md §5).
// What stands in one is denied where all of it is met; of several actors, resources or labels, any one. Refuses everything else.
import type { Finding } from '../core/problem.ts';
import { parseReference } from '../fhir/reference.ts';
import type { FhirCoding } from '../fhir/resource.ts';
import { findTypePolicy } from './compartment.ts';
import {
  asArray,
  type Denial,
  fault,
  findActorFaults,
  recipientsIn,
  referenceElements,
  unsupported,
} from './consent-body.ts';
import type { SharingExclusion } from './grants.ts';
import { isDeniable, labelsDeniedBy } from './sharing-labels.ts';

const denialElements = new Set(['id', 'type', 'actor', 'data', 'securityLabel']);
const dataElements = new Set(['id', 'meaning', 'reference']);
const labelElements = new Set(['id', 'system', 'version', 'code', 'display', 'userSelected']);

const code = 'consent-element-unsupported';

/** What in the nested provisions the hub cannot enforce. `path` is that of the list. */
export function findDenialFaults(denials: readonly (Denial | null)[] | undefined, path: string): readonly Finding[] {
  return asArray(denials).flatMap((denial, at) => {
    const place = `${path}[${at}]`;
    const conditions = [denial?.actor, denial?.data, denial?.securityLabel];
    return [
      ...unsupported(denial, denialElements, place),
      ...(denial?.type === 'deny' ? [] : [fault(code, `${place}.type`, 'A nested provision must be of type deny.')]),
      ...(conditions.some((condition) => asArray<unknown>(condition).length > 0)
        ? []
        : [fault(code, place, 'A nested provision names at least one actor, data.reference or securityLabel.')]),
      ...findActorFaults(asArray(denial?.actor), `${place}.actor`),
      ...asArray(denial?.data).flatMap((data, n) => findDataFaults(data, `${place}.data[${n}]`)),
      ...asArray(denial?.securityLabel).flatMap((label, n) => findLabelFaults(label, `${place}.securityLabel[${n}]`)),
    ];
  });
}

type Data = NonNullable<Denial['data']>[number];

function findDataFaults(data: Data, path: string): readonly Finding[] {
  const parsed = parseReference(data?.reference?.reference ?? '', '');
  const isMeant =
    (parsed.kind === 'local' && parsed.versionId === undefined) || parsed.kind === 'conditional'
      ? findTypePolicy(parsed.type)?.kind === 'patient'
      : false;
  return [
    ...unsupported(data, dataElements, path),
    ...unsupported(data?.reference, referenceElements, `${path}.reference`),
    ...(data?.meaning === 'instance' ? [] : [fault(code, `${path}.meaning`, 'The meaning must be instance.')]),
    ...(isMeant
      ? []
      : [
          fault(code, `${path}.reference`, "Refer to one of the person's resources, as Type/id and without a version."),
        ]),
  ];
}

function findLabelFaults(label: FhirCoding | null, path: string): readonly Finding[] {
  return [
    ...unsupported(label, labelElements, path),
    ...(isDeniable(label ?? {})
      ? []
      : [fault(code, path, 'Use a code of v3-Confidentiality or of the CodeSystem sip-sensitivity, with its system.')]),
  ];
}

type Conditions = Pick<SharingExclusion, 'recipientIds' | 'targets' | 'labels'>;

/** What each nested provision denies. Only of a Consent in which nothing is wrong. */
export function readDenials(denials: readonly (Denial | null)[] | undefined): readonly Conditions[] {
  return asArray(denials).map((denial) => {
    const { actor = [], data = [], securityLabel = [] } = denial ?? {};
    return {
      ...(actor.length === 0 ? {} : { recipientIds: recipientsIn(actor) }),
      ...(data.length === 0 ? {} : { targets: data.map((item) => item?.reference?.reference ?? '') }),
      ...(securityLabel.length === 0
        ? {}
        : { labels: [...new Set(securityLabel.flatMap((label) => labelsDeniedBy(label ?? {})))] }),
    };
  });
}

/** True where everything that `before` denies is denied by `after` in the same or wider words. */
export function keepsDenials(before: readonly Conditions[], after: readonly Conditions[]): boolean {
  return before.every((earlier) => after.some((later) => covers(later, earlier)));
}

/** A condition that is not made covers every other; one that is made, those that name no more. */
function covers(wide: Conditions, narrow: Conditions): boolean {
  const within = (one: readonly string[] | undefined, other: readonly string[] | undefined): boolean =>
    one === undefined || (other !== undefined && other.every((item) => one.includes(item)));
  return (
    within(wide.recipientIds, narrow.recipientIds) &&
    within(wide.targets, narrow.targets) &&
    within(wide.labels, narrow.labels)
  );
}
