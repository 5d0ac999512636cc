// A lock on the data folder that dies with the process, however the process dies: an exclusive transaction on a SQLite file,
// which the operating system frees. Two processes on one PGlite folder destroy it without a word, so the second is refused.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface FolderLock {
  readonly release: () => void;
}

/** Another process has the folder open. The message is for whoever started this one. */
export class FolderInUse extends Error {
  override readonly name = 'FolderInUse';

  constructor(folder: string, cause: unknown) {
    super(
      [
        `The data folder ${folder} is in use by another sip-hub process, and two would destroy it.`,
        'Commands of sip-hub reach the running hub: run them with the same settings instead of opening the folder.',
        'To run several processes, use PostgreSQL: set DATABASE_URL.',
      ].join('\n'),
      { cause },
    );
  }
}

/** Takes the folder (made where it is missing, for this user alone) until `release`, or until the process ends. @throws FolderInUse */
export function lockFolder(folder: string): FolderLock {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = new DatabaseSync(join(folder, 'lock.sqlite'), { timeout: 0 });
  try {
    file.exec('begin exclusive');
  } catch (error) {
    file.close();
    if (error instanceof Error && Reflect.get(error, 'errcode') === sqliteBusy) throw new FolderInUse(folder, error);
    throw error;
  }
  return { release: () => file.close() };
}

const sqliteBusy = 5;
