// migrate: bring the database to this version of the hub, and stop. Starting the hub does the same.
import { openDatabase } from '../app.ts';
import { migrate } from '../store/migrate.ts';
import type { CommandContext } from './run-command.ts';

/** 0 when every migration is applied. @throws MigrationError, FolderInUse */
export async function migrateCommand(context: CommandContext): Promise<number> {
  const database = await openDatabase(context.config);
  try {
    const applied = await migrate(database);
    context.write(applied.length === 0 ? 'The database is up to date.\n' : `Applied: ${applied.join(', ')}\n`);
    return 0;
  } finally {
    await database.close();
  }
}
