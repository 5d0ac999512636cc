// HL7's own validator is the yardstick: what it says of every instance that the conformance tests make or hold stands in hl7-validator/verdicts.json,
// as far as it differs from the hub; each difference must have its reason here. docs/decisions/0021-hl7-validator-as-yardstick.md
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadDefinitions } from '../../src/fhir/definitions.ts';
import { createJudge, definitionFolders, rightInstances, wrongInstances } from './instances.ts';
import { digestOf, type Verdicts } from './hl7-validator/verdicts.ts';

const verdicts = JSON.parse(readFileSync(join(import.meta.dirname, 'hl7-validator/verdicts.json'), 'utf8')) as Verdicts;

/** What HL7's validator asks beyond the definitions of R4, by the id of its message, and why the hub does not. */
const askedByHl7Only: Readonly<Record<string, string>> = {
  BUNDLE_ENTRY_URL_MATCHES_NO_ID:
    'that fullUrl fits the id is asked where a Bundle is carried out; a stored one says what it was',
  BUNDLE_SEARCH_ENTRY_NO_RESOURCE_ID: 'the same of search results: the hub makes them, with ids',
  CODESYSTEM_CS_COUNT_NO_CONTENT_ALLOWED: 'what content says of the concepts stands in no rule of R4',
  CODESYSTEM_CS_HL7_PRESENT_ELEMENT_SUPPL: 'its own text says SHOULD NOT',
  CODESYSTEM_CS_HL7_PRESENT_ELEMENT_SUPPL_WRONG: 'what content says of supplements stands in no rule of R4',
  ERROR_GENERATING_SNAPSHOT: 'it wants to fetch a package from the network',
  IG_DEPENDENCY_CAN_VERSION_ERROR: 'dependencies of guides are for the tools that build guides',
  IG_DEPENDENCY_DIRECT: 'dependencies of guides are for the tools that build guides',
  OPDEF_PROFILE_NOT_FOUND: 'a profile that is elsewhere may be named',
  Questionnaire_Q_EnableWhen_Self: 'stands in no rule of R4',
  SM_DEPENDENT_PARAM_NOT_FOUND: 'the mapping language is not R4 structure; the hub runs no maps',
  SM_NAME_INVALID: 'the mapping language is not R4 structure; the hub runs no maps',
  Terminology_TX_ValueSet_NotFound_CS:
    'R4 binds ExplanationOfBenefit.priority to a code system where a value set belongs',
  Validation_VAL_Profile_MatchMultiple:
    'R4 defines studyEffective[x] and participantEffective[x] beside studyEffectiveDescription',
};

/** What the hub refuses and HL7's validator does not, by the name of the instance, and why. */
const refusedByHubOnly: readonly { readonly name: RegExp; readonly reason: string }[] = [
  {
    name: /^(?:R4 \S+|profile .*) target$/,
    reason: 'HL7 tells the type of a target that it cannot fetch by Reference.type only, the hub by the address too',
  },
  {
    name: /^R4 \S+\.(?:contentType|targetFormat|sigFormat|format|patchFormat|payloadMimeType|payload|accept) binding$/,
    reason: 'BCP 13: a media type has the form type/subtype; HL7 takes any word',
  },
  { name: /^rule CareTeam ctm-1$/, reason: 'asks what the member is: the hub tells by the address, HL7 must fetch it' },
];

/** Value sets that the hub does not hold: what is unknown is never refused, by HL7 neither. */
const refusedByNeither: readonly string[] = ['R4 MolecularSequence.structureVariant.variantType binding'];

/** Where HL7's validator gave no verdict but failed itself. */
const failed: readonly { readonly name: RegExp; readonly reason: string }[] = [
  { name: /^R4 \w+\.meta (?:max|type Meta)$/, reason: 'HAPI reads meta before it asks the validator, and fails' },
  { name: /^R4 CodeSystem\.content (?:min|max)$/, reason: 'the validator reads the content of a code system unasked' },
  {
    name: /^(?:R4 (?:StructureDefinition\.type|ElementDefinition\.path) (?:type|form) \w+|rule StructureDefinition sdf-15a)$/,
    reason: 'it makes a snapshot of a definition that is wrong',
  },
  { name: /^R4 StructureMap\.group\.input\.mode /, reason: 'it reads the mode of an input unasked' },
];

const definitions = loadDefinitions(definitionFolders);
const errorsOf = createJudge(definitions);
const right = [...rightInstances(definitions)];
const wrong = [...wrongInstances(definitions)];

describe("HL7's validator", () => {
  it('was asked about these very instances: else ask it anew as test/conformance/hl7-validator/README.md says', () => {
    expect(digestOf([...right, ...wrong])).toEqual({ instances: verdicts.instances, digest: verdicts.digest });
    expect(wrong.length).toBeGreaterThan(13_000);
  });

  it('failed itself only where that is listed', () => {
    expect(verdicts.failedAtHl7.filter((name) => !failed.some((known) => known.name.test(name)))).toEqual([]);
    const rightOnes = new Set(right.map(({ name }) => name));
    expect(verdicts.failedAtHl7.filter((name) => rightOnes.has(name))).toEqual([]);
  });

  it('agrees with the hub about what is right, but for rules of its own that are listed', () => {
    expect(right.filter((instance) => errorsOf(instance).length > 0).map(({ name }) => name)).toEqual([]);
    const ids = new Set(Object.values(verdicts.refusedByHl7).flat());
    expect([...ids].toSorted()).toEqual(Object.keys(askedByHl7Only).toSorted());
  });

  it('agrees with the hub about what is wrong, but for what is listed', () => {
    expect(wrong.filter((instance) => errorsOf(instance).length === 0).map(({ name }) => name)).toEqual(
      refusedByNeither,
    );
    const unexplained = verdicts.refusedByHubOnly
      .filter((name) => !refusedByNeither.includes(name))
      .filter((name) => !refusedByHubOnly.some((known) => known.name.test(name)));
    expect(unexplained).toEqual([]);
    const unused = refusedByHubOnly.filter((known) => !verdicts.refusedByHubOnly.some((name) => known.name.test(name)));
    expect(unused).toEqual([]);
  });
});
