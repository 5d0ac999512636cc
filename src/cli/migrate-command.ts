// migrate: bring the database to this version of the hub, and stop. Starting the hub does the same.
import { openConfiguredDatabase } from '../app.ts';
import type { CommandContext } from './run-command.ts';

/** 0 when every migration is applied. @throws MigrationError, FolderInUse, RowLevelSecurityError */
export async function migrateCommand(context: CommandContext): Promise<number> {
  const { database } = await openConfiguredDatabase(context.config);
  await database.close();
  context.write('The database is up to date.\n');
  return 0;
}
