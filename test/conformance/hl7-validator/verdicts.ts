// What HL7's own validator says of the instances, as far as it differs from the hub: written by compare.ts, held against the hub by the test.
import { createHash } from 'node:crypto';
import type { Instance } from '../instances.ts';

export interface Verdicts {
  /** The validator that was asked, and its version. */
  readonly validator: string;
  /** How many instances, and the SHA-256 of all their lines: the verdicts are about these and no others. */
  readonly instances: number;
  readonly digest: string;
  /** Right ones that HL7 refuses: by name, the ids of its messages. */
  readonly refusedByHl7: Readonly<Record<string, readonly string[]>>;
  /** Those on which HL7's validator itself failed: they have no verdict. */
  readonly failedAtHl7: readonly string[];
  /** Wrong ones in which HL7 finds no error that the instance they were made from does not have. */
  readonly refusedByHubOnly: readonly string[];
}

export const toLine = ({ name, profile = '', resource }: Instance): string =>
  `${name}\t${profile}\t${JSON.stringify(resource)}`;

/** The count and digest of a list of instances. */
export function digestOf(instances: Iterable<Instance>): Pick<Verdicts, 'instances' | 'digest'> {
  const hash = createHash('sha256');
  let count = 0;
  for (const instance of instances) {
    hash.update(`${toLine(instance)}\n`);
    count += 1;
  }
  return { instances: count, digest: hash.digest('hex') };
}
