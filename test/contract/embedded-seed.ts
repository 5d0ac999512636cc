// What a test's embedded database starts from: the folder that a first opening leaves, migrated and empty. Making it takes some five
// seconds, copying it a tenth of that. That a first opening works is tested where it is the matter (database, migrations, serve).
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '../../src/store/open-database.ts';

const root = join(import.meta.dirname, '../..');
const cache = join(root, 'node_modules/.cache/sip-hub');

/** Fills a folder that holds no database yet, for SIP_HUB_DATA. Kept for the next run under what it was made of. */
export async function seedEmbedded(folder: string): Promise<void> {
  const kept = join(cache, `embedded-${digestOfMakers()}`);
  if (!existsSync(kept)) await makeSeed(kept);
  cpSync(kept, folder, { recursive: true });
}

async function makeSeed(kept: string): Promise<void> {
  mkdirSync(cache, { recursive: true });
  const making = mkdtempSync(join(cache, 'making-'));
  try {
    const { database } = await openDatabase({
      databaseUrl: undefined,
      dataFolder: making,
      poolSize: 1,
      statementTimeoutMs: 60_000,
      rowLevelSecurity: false,
    });
    await database.close();
    // Two test files may make it at once: the first to be done is kept.
    if (!existsSync(kept)) renameSync(making, kept);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}

function digestOfMakers(): string {
  const migrations = join(root, 'src/store/migrations');
  const files = [
    ...readdirSync(migrations)
      .toSorted()
      .map((name) => join(migrations, name)),
    join(root, 'src/store/migrate.ts'),
    join(root, 'node_modules/@electric-sql/pglite/package.json'),
  ];
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file)).update('\0');
  return hash.digest('hex').slice(0, 16);
}
