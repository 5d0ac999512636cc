// Valid instances of every resource type and data type of R4, made from the definitions and repaired; where several elements must agree
// in a way that no search finds, the agreement is written here.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataTypeSamples, generateDataType, generateResource, separateIds } from './generate-instance.ts';
import type { GeneratorSources } from './generate-instance.ts';
import { isRecord } from './json.ts';
import type { Json } from './json.ts';
import { repairInstance } from './repair-instance.ts';
import type { Judge } from './repair-instance.ts';

export interface BaseSeed {
  readonly name: string;
  readonly resource: Json;
}

export const variants: readonly number[] = [0, 1, 2];

const objects = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isRecord) : []);

function set(at: Json, values: Json): void {
  Object.assign(at, values);
}

const readProfile = (id: string): Json =>
  JSON.parse(
    readFileSync(join(import.meta.dirname, `../../profiles/json/StructureDefinition-${id}.json`), 'utf8'),
  ) as Json;
const structures = { profile: readProfile('SipTask'), extension: readProfile('sip-next-follow-up') };
const elementOf = (value: unknown): readonly Json[] =>
  objects((value as { readonly element?: unknown } | undefined)?.element);

/** Wherever an object has two elements that exclude each other, one goes: by variant this one or that one. */
const keepOneOf =
  (...names: readonly [RegExp, RegExp]) =>
  (value: unknown, variant: number): void => {
    if (Array.isArray(value)) for (const item of value) keepOneOf(...names)(item, variant);
    if (!isRecord(value)) return;
    const [first, second] = names.map((name) => Object.keys(value).filter((key) => name.test(key)));
    if (first !== undefined && second !== undefined && first.length > 0 && second.length > 0)
      for (const key of variant === 1 ? first : second) delete value[key];
    for (const member of Object.values(value)) keepOneOf(...names)(member, variant);
  };

/** An action may assert one thing: one action for each thing that can be asserted. */
function oneAssertEach(action: Json): readonly Json[] {
  const { assert } = action;
  if (!isRecord(assert)) return [action];
  const things = [
    'contentType',
    'expression',
    'headerField',
    'minimumId',
    'navigationLinks',
    'path',
    'requestMethod',
    'resource',
    'responseCode',
    'response',
    'validateProfileId',
  ];
  const comparing = ['compareToSourceId', 'compareToSourceExpression', 'compareToSourcePath'];
  return things
    .filter((thing) => thing in assert)
    .map((thing) => ({
      assert: Object.fromEntries(
        Object.entries(assert).filter(([key]) => key === thing || !(things.includes(key) || comparing.includes(key))),
      ),
    }));
}

/** By type: what makes the parts agree. */
/** Every code of a code system stands once. */
function separateCodes(concepts: readonly Json[], taken = new Set<unknown>()): void {
  for (const concept of concepts) {
    if (taken.has(concept['code'])) concept['code'] = `code-${taken.size}`;
    taken.add(concept['code']);
    separateCodes(objects(concept['concept']), taken);
  }
}

const agreements: Readonly<Record<string, (resource: Json, variant: number) => void>> = {
  CodeSystem: (resource) => separateCodes(objects(resource['concept'])),
  Appointment: (resource, variant) => set(resource, { status: variant === 1 ? 'cancelled' : 'proposed' }),
  Bundle: (resource, variant) => {
    const type = ['searchset', 'transaction', 'batch-response'][variant] ?? 'collection';
    set(resource, { type });
    const kept = { searchset: 'search', transaction: 'request', 'batch-response': 'response' }[type];
    if (kept !== 'search') delete resource['total'];
    for (const entry of objects(resource['entry']))
      for (const part of ['search', 'request', 'response']) if (part !== kept) delete entry[part];
    for (const entry of objects(resource['entry'])) entry['fullUrl'] = 'https://example.org/fhir/Basic/a';
  },
  CarePlan: keepOneOf(/^reference$/, /^detail$/),
  CapabilityStatement: (resource) => set(resource, { kind: 'instance' }),
  Composition: (resource, variant) => {
    keepOneOf(/^entry$/, /^emptyReason$/)(resource, variant);
    for (const section of objects(resource['section']))
      for (const inner of objects(section['section'])) inner['title'] = 'text';
    for (const section of objects(resource['section']))
      for (const inner of objects(section['section']))
        inner['text'] = { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">Text</div>' };
    for (const section of objects(resource['section']))
      if (section['emptyReason'] !== undefined) delete section['section'];
  },
  Condition: (resource) =>
    set(resource, {
      clinicalStatus: {
        coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'resolved' }],
      },
    }),
  EvidenceVariable: (resource) => {
    // One characteristic for each way to define it.
    const split = objects(resource['characteristic']).flatMap((characteristic) => {
      const ways = Object.keys(characteristic).filter((key) => key.startsWith('definition'));
      return ways.map((way) =>
        Object.fromEntries(Object.entries(characteristic).filter(([key]) => key === way || !ways.includes(key))),
      );
    });
    if (split.length > 0) resource['characteristic'] = split;
  },
  FamilyMemberHistory: keepOneOf(/^(?:age|estimatedAge)/, /^born/),
  ImplementationGuide: (resource) => {
    const { definition } = resource;
    if (isRecord(definition)) for (const grouping of objects(definition['grouping'])) grouping['id'] = 'a-grouping';
    if (isRecord(definition))
      for (const item of objects(definition['resource']))
        if (item['groupingId'] !== undefined) item['groupingId'] = 'a-grouping';
  },
  Linkage: (resource) => set(resource, { item: [...objects(resource['item']), ...objects(resource['item'])] }),
  List: (resource, variant) => {
    const mode = variant === 1 ? 'working' : 'changes';
    set(resource, { mode });
    keepOneOf(/^emptyReason$/, /^entry$/)(resource, variant === 2 ? 0 : 1);
    for (const entry of objects(resource['entry'])) delete entry[mode === 'working' ? 'deleted' : 'date'];
  },
  Measure: keepOneOf(/^component$/, /^(?:criteria|code|description)$/),
  MeasureReport: keepOneOf(/^component$/, /^(?:value|code)$/),
  MessageDefinition: (resource) => {
    for (const focus of objects(resource['focus'])) focus['max'] = '*';
  },
  MolecularSequence: (resource, variant) => {
    set(resource, { coordinateSystem: 1 });
    const ways = ['genomeBuild', 'referenceSeqId', 'referenceSeqPointer', 'referenceSeqString'];
    const { referenceSeq } = resource;
    if (!isRecord(referenceSeq)) return;
    for (const way of ways) if (way !== ways[variant]) delete referenceSeq[way];
    if (variant > 0) delete referenceSeq['chromosome'];
    if (variant > 1) delete referenceSeq['strand'];
    else delete referenceSeq['orientation'];
  },
  OperationDefinition: (resource, variant) => {
    for (const parameter of objects(resource['parameter'])) {
      const kept = ['targetProfile', 'searchType', 'part'][variant];
      for (const key of ['targetProfile', 'searchType', 'part']) if (key !== kept) delete parameter[key];
      if (kept === 'part') for (const key of ['type', 'binding']) delete parameter[key];
      for (const part of objects(parameter['part'])) part['type'] = 'string';
      if (kept === 'part') continue;
      parameter['type'] = kept === 'searchType' ? 'string' : 'Reference';
      delete parameter['binding'];
      if (kept === 'searchType') parameter['binding'] = { strength: 'required', valueSet: 'https://example.org/vs' };
    }
  },
  Parameters: (resource, variant) => {
    for (const parameter of objects(resource['parameter'])) {
      const kept = [/^value/, /^resource$/, /^part$/][variant];
      for (const key of Object.keys(parameter))
        if (/^(?:value.*|resource|part)$/.test(key) && kept?.test(key) !== true) delete parameter[key];
      for (const part of objects(parameter['part'])) part['valueString'] = 'text';
    }
  },
  Questionnaire: (resource, variant) => {
    for (const item of objects(resource['item'])) {
      const kept = ['answerOption', 'answerValueSet', 'item'][variant];
      for (const key of ['answerOption', 'answerValueSet', 'item']) if (key !== kept) delete item[key];
      const type = { answerOption: 'choice', answerValueSet: 'open-choice', item: 'group' }[kept ?? ''];
      set(item, { type, linkId: '1' });
      for (const inner of objects(item['item']))
        set(inner, { type: 'string', linkId: '1.1', initial: [{ valueString: 'text' }], maxLength: 5 });
      if (type === 'group')
        for (const key of ['required', 'repeats', 'readOnly', 'maxLength', 'initial'])
          if (key !== 'repeats') delete item[key];
      for (const condition of objects(item['enableWhen'])) {
        for (const key of Object.keys(condition)) if (key.startsWith('answer')) delete condition[key];
        set(condition, { question: '1', operator: 'exists', answerBoolean: true });
      }
    }
  },
  RequestGroup: (resource, variant) => {
    keepOneOf(/^resource$/, /^action$/)(resource, variant);
    for (const action of objects(resource['action']))
      for (const inner of objects(action['action'])) inner['resource'] = { reference: 'Task/example' };
  },
  SearchParameter: (resource) => set(resource, { type: 'reference' }),
  StructureDefinition: (resource, variant) => {
    const { snapshot, differential, kind, type, abstract, baseDefinition, derivation, url, fhirVersion } =
      variant < 2 ? structures.profile : structures.extension;
    const count = variant === 0 ? 8 : 1;
    set(resource, { kind, type, abstract, baseDefinition, derivation, url, fhirVersion });
    if (variant < 2) for (const key of ['context', 'contextInvariant']) delete resource[key];
    else set(resource, { context: [{ type: 'element', expression: 'Patient' }], contextInvariant: ['true'] });
    set(resource, {
      snapshot: { element: elementOf(snapshot).slice(0, count) },
      differential: { element: elementOf(differential).slice(0, count) },
    });
  },
  ValueSet: (resource, variant) => {
    keepOneOf(/^concept$/, /^filter$/)(resource, variant);
    const { expansion } = resource;
    if (isRecord(expansion))
      for (const item of objects(expansion['contains']))
        for (const inner of objects(item['contains'])) set(inner, { code: 'b', display: 'text' });
  },
  TestReport: keepOneOf(/^operation$/, /^assert$/),
  TestScript: (resource, variant) => {
    keepOneOf(/^operation$/, /^assert$/)(resource, variant);
    for (const part of [resource['setup'], ...objects(resource['test'])])
      if (isRecord(part)) part['action'] = objects(part['action']).flatMap(oneAssertEach);
  },
  TerminologyCapabilities: (resource) => set(resource, { kind: 'instance' }),
};

/** Three instances with every element and three with the least, of each resource type; and one of each data type as an extension's value. */
export function makeBaseSeeds(sources: GeneratorSources, judge: Judge): readonly BaseSeed[] {
  const made = [
    ...[...sources.definitions.resourceTypes].flatMap((type) => makeResourceSeeds(type, sources, judge)),
    ...makeTypeSeeds(sources, judge),
  ];
  return [...new Map(made.map((seed) => [JSON.stringify(seed.resource), seed])).values()];
}

const finish = (resource: Json, judge: Judge, options?: Parameters<typeof repairInstance>[2]): Json =>
  separateIds(repairInstance(separateIds(resource), judge, options));

function makeResourceSeeds(type: string, sources: GeneratorSources, judge: Judge): readonly BaseSeed[] {
  return variants.flatMap((variant) => {
    const donor = generateResource(type, sources, { isFull: true, variant });
    agreements[type]?.(donor, variant);
    const least = generateResource(type, sources, { isFull: false, variant });
    agreements[type]?.(least, variant);
    return [
      { name: `${type} with all, variant ${variant}`, resource: finish(donor, judge, { variant }) },
      { name: `${type} with the least, variant ${variant}`, resource: finish(least, judge, { donor }) },
    ];
  });
}

function makeTypeSeeds(sources: GeneratorSources, judge: Judge): readonly BaseSeed[] {
  const value = sources.definitions
    .typeStructure('Extension')
    ?.snapshot?.element.find(({ path }) => path === 'Extension.value[x]');
  return (value?.type ?? []).flatMap(({ code = '' }) =>
    variants.map((variant) => {
      const made = dataTypeSamples[code] ?? generateDataType(code, sources, { isFull: true, variant });
      const name = `value${code.slice(0, 1).toUpperCase()}${code.slice(1)}`;
      const extension = [{ id: 'a', url: 'https://example.org/extension', [name]: made }];
      const resource = { resourceType: 'Basic', code: { text: 'text' }, extension };
      return { name: `${code} as a value, variant ${variant}`, resource: finish(resource, judge) };
    }),
  );
}
