// Writes a folder of generated files, or says how the committed ones differ from a fresh build.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface GeneratedFolder {
  readonly folder: string;
  /** File name to text. The folder holds these and no others. */
  readonly files: ReadonlyMap<string, string>;
  /** True: write nothing, only compare. */
  readonly check: boolean;
}

/** One line per file that is missing, different or no longer made; none after writing. */
export function writeOrCompare({ folder, files, check }: GeneratedFolder): readonly string[] {
  mkdirSync(folder, { recursive: true });
  const surplus = readdirSync(folder).filter((name) => name.endsWith('.json') && !files.has(name));
  if (check) {
    const changed = [...files].filter(
      ([name, text]) => !existsSync(join(folder, name)) || readFileSync(join(folder, name), 'utf8') !== text,
    );
    return [
      ...changed.map(([name]) => `${name}: not what its source gives`),
      ...surplus.map((name) => `${name}: has no source`),
    ];
  }
  for (const name of surplus) rmSync(join(folder, name));
  for (const [name, text] of files) writeFileSync(join(folder, name), text);
  return [];
}
