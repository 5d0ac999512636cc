// May an extension stand where it stands? Its StructureDefinition names the places.
// https://hl7.org/fhir/R4/defining-extensions.html#context
import type { StructureDefinition } from '@medplum/fhirtypes';
import type { ExtensionPlace } from './type-rules.ts';

const urlOfType = 'http://hl7.org/fhir/StructureDefinition/';

/** True when one of the definition's contexts takes in the place. A context given in FHIRPath is not judged. */
export function isAllowedPlace(structure: StructureDefinition, place: ExtensionPlace): boolean {
  const contexts = structure.context ?? [];
  return (
    contexts.length === 0 ||
    contexts.some(
      (context) =>
        context.type === 'fhirpath' ||
        (context.type === 'extension'
          ? place.outerUrl === context.expression
          : isElement(context.expression ?? '', place)),
    )
  );
}

function isElement(expression: string, place: ExtensionPlace): boolean {
  const wanted = expression.startsWith(urlOfType) ? expression.slice(urlOfType.length) : expression;
  const path = withoutChoice(wanted);
  // `Element` means any element, and as HL7 uses it a resource as well.
  if (path === '*' || path === 'Element') return true;
  return (
    place.node === undefined ||
    path === place.node.path ||
    path === withoutChoice(place.usedAs) ||
    place.node.ancestors.has(path)
  );
}

const withoutChoice = (path: string): string => (path.endsWith('[x]') ? path.slice(0, -3) : path);
