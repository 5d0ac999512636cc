// Reads what Verdicts.java wrote and prints verdicts.json: where HL7's validator and the hub differ. Use: node compare.ts FILE > verdicts.json
import { readFileSync } from 'node:fs';
import { loadDefinitions } from '../../../src/fhir/definitions.ts';
import { definitionFolders, rightInstances, wrongInstances } from '../instances.ts';
import { digestOf, type Verdicts } from './verdicts.ts';

const definitions = loadDefinitions(definitionFolders);
const right = [...rightInstances(definitions)];
const wrong = [...wrongInstances(definitions)];
/** By name, `id place` of each error. */
const errors = new Map(
  readFileSync(process.argv[2] ?? 'verdicts.tsv', 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [name = '', ...messages] = line.split('\t');
      const found = messages
        .map((text) => text.split('|'))
        .filter(([severity]) => !/^(?:WARNING|INFORMATION)$/.test(severity ?? ''));
      return [name, found.map(([severity = '', id = '', place = '']) => ({ severity, id, place }))] as const;
    }),
);
interface Message {
  readonly severity: string;
  readonly id: string;
  readonly place: string;
}

const isFailure = ({ severity }: Message): boolean => severity === 'EXCEPTION';
const errorsOf = (name: string): readonly Message[] => {
  const found = errors.get(name);
  if (found === undefined) throw new Error(`No verdict about ${name}.`);
  return found;
};
const result: Verdicts = {
  validator: process.argv[3] ?? 'HL7 FHIR validator in HAPI FHIR 8.8.1',
  ...digestOf([...right, ...wrong]),
  refusedByHl7: Object.fromEntries(
    right
      .map(({ name }) => [name, [...new Set(errorsOf(name).map(({ id }) => id))].toSorted()] as const)
      .filter(([, ids]) => ids.length > 0),
  ),
  failedAtHl7: [...right, ...wrong].filter(({ name }) => errorsOf(name).some(isFailure)).map(({ name }) => name),
  refusedByHubOnly: wrong
    .filter(({ name, madeFrom }) => {
      const before = new Set(
        (madeFrom === undefined ? [] : errorsOf(madeFrom)).map(({ id, place }) => `${id} ${place}`),
      );
      return errorsOf(name).every(({ id, place }) => before.has(`${id} ${place}`));
    })
    .map(({ name }) => name),
};
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
