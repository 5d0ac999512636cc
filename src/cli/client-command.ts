// client: the operator's commands on the register of clients, and the running hub's ear for them.
import { openConfiguredDatabase } from '../app.ts';
import { isLoopbackHost } from '../auth/addresses.ts';
import type { Config } from '../config.ts';
import { systemClock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { Database } from '../store/database.ts';
import { openControlSocket } from './control-socket.ts';
import { carryOut, executeControlCommand, runClientCommand } from './run-client-command.ts';
import type { CommandContext } from './run-command.ts';
import { tokenCommand } from './token-command.ts';
import { answerVerifyAudit } from './verify-audit-command.ts';

/** `sip-hub client …`: 0 done, 1 refused, 2 not understood. @throws FolderInUse, MigrationError */
export async function clientCommand(context: CommandContext): Promise<number> {
  return runClientCommand(context.arguments, {
    config: context.config,
    clock: systemClock,
    openDatabase: async () => (await openConfiguredDatabase(context.config)).database,
    write: context.write,
    writeError: context.writeError,
  });
}

/** `sip-hub token …`: 0 done, 1 refused, 2 not understood. @throws FolderInUse, MigrationError, ControlSocketError */
export async function developmentToken(context: CommandContext): Promise<number> {
  const { config } = context;
  const openDatabase = async (): Promise<Database> => (await openConfiguredDatabase(config)).database;
  return tokenCommand({
    ...context,
    register: (command) => carryOut(command, { config, clock: systemClock, openDatabase }),
  });
}

/**
 * Lets `sip-hub client …` and `sip-hub verify-audit` reach a hub on the embedded database while it runs. Does nothing on PostgreSQL, where the commands
 * work on the database. Call the function it gives before the hub stops.
 */
export async function listenForCommands(options: {
  readonly config: Config;
  readonly database: Database;
  readonly log: Log;
}): Promise<() => Promise<void>> {
  const { config, database, log } = options;
  if (config.databaseUrl !== '') return async () => undefined;
  const context = { database, clock: systemClock, allowLoopbackJwks: isLoopbackHost(config.host) };
  const socket = await openControlSocket({
    dataFolder: config.dataFolder,
    execute: async (command) => (await answerVerifyAudit(command, database)) ?? executeControlCommand(command, context),
    onFailure: (error) =>
      log('error', 'command-failed', { detail: error instanceof Error ? error.stack : String(error) }),
  });
  return socket.close;
}
