// Carries out `sip-hub client …`. With PostgreSQL it works on the database; on the embedded database it reaches the running hub
// over its control socket, or opens the folder where no hub runs. Exit status 0 done, 1 refused, 2 wrongly written.
import { isLoopbackHost } from '../auth/addresses.ts';
import { carryOutClientCommand, ClientCommandError, type ClientCommand, type ClientSummary } from '../auth/clients.ts';
import type { Config } from '../config.ts';
import type { Clock } from '../core/clock.ts';
import type { ClientKind } from '../store/clients.ts';
import type { Database } from '../store/database.ts';
import { clientUsage, parseClientArguments, UsageError } from './client-arguments.ts';
import { ControlSocketError, sendControlCommand, type ControlAnswer } from './control-socket.ts';
import { formatClients } from './format-clients.ts';

export interface ClientCommandContext {
  readonly config: Pick<Config, 'databaseUrl' | 'dataFolder' | 'host'>;
  readonly clock: Clock;
  /** Opens the configured database, migrated; the embedded one under its lock. Closed when the command ends. */
  readonly openDatabase: () => Promise<Database>;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
}

/** Runs `sip-hub client <argv>` and gives the exit status. */
export async function runClientCommand(argv: readonly string[], context: ClientCommandContext): Promise<number> {
  try {
    const { command, asJson } = await parseClientArguments(argv);
    if (command === undefined) {
      context.write(`${clientUsage}\n`);
      return 0;
    }
    const clients = await carryOut(command, context);
    context.write(asJson ? `${JSON.stringify(clients, undefined, 2)}\n` : formatClients(command.kind, clients));
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      context.writeError(`${error.message}\n\n${clientUsage}\n`);
      return 2;
    }
    if (error instanceof ClientCommandError || error instanceof ControlSocketError) {
      context.writeError(`${error.message}\n`);
      return 1;
    }
    throw error;
  }
}

/** What the running hub does with a command that came over its control socket. */
export async function executeControlCommand(
  command: unknown,
  context: { readonly database: Database; readonly clock: Clock; readonly allowLoopbackJwks: boolean },
): Promise<ControlAnswer> {
  try {
    if (!isClientCommand(command))
      return { error: 'The running hub does not know this command. Use the same version for both.' };
    return { result: await carryOutClientCommand(command, context) };
  } catch (error) {
    if (error instanceof ClientCommandError) return { error: error.message };
    throw error;
  }
}

/** Carries the command out where the register is: by the running hub on the embedded database, else in the database. @throws ClientCommandError, ControlSocketError */
export async function carryOut(
  command: ClientCommand,
  context: Omit<ClientCommandContext, 'write' | 'writeError'>,
): Promise<readonly ClientSummary[]> {
  if (context.config.databaseUrl === '') {
    const answer = await sendControlCommand(context.config.dataFolder, command);
    if (answer !== undefined && 'error' in answer) throw new ClientCommandError(answer.error);
    if (answer !== undefined) return answer.result as readonly ClientSummary[];
  }
  const database = await context.openDatabase();
  try {
    const allowLoopbackJwks = isLoopbackHost(context.config.host);
    return await carryOutClientCommand(command, { database, clock: context.clock, allowLoopbackJwks });
  } finally {
    await database.close();
  }
}

/** Fields of each command by name, as they must come over the socket. */
const commandFields: Readonly<
  Record<ClientCommand['kind'], Readonly<Record<string, 'text' | 'texts' | 'text or nothing' | 'texts or nothing'>>>
> = {
  list: {},
  enable: { clientId: 'text' },
  disable: { clientId: 'text' },
  'add-key': { clientId: 'text', key: 'text' },
  'disable-key': { clientId: 'text', thumbprint: 'text' },
  add: {
    name: 'text',
    client: 'text',
    organizations: 'texts',
    scope: 'text',
    keys: 'texts',
    jwksUri: 'text or nothing',
    redirectUris: 'texts or nothing',
  },
};

const clientKinds: readonly unknown[] = ['system', 'operator', 'app'] satisfies readonly ClientKind[];

function isClientCommand(value: unknown): value is ClientCommand {
  if (typeof value !== 'object' || value === null) return false;
  const command = value as Readonly<Record<string, unknown>>;
  const { kind } = command;
  if (typeof kind !== 'string' || !Object.hasOwn(commandFields, kind)) return false;
  if (kind === 'add' && !clientKinds.includes(command['client'])) return false;
  return Object.entries(commandFields[kind as ClientCommand['kind']]).every(([name, form]) => {
    const field = command[name];
    if (field === undefined) return form.endsWith('or nothing');
    if (form.startsWith('texts')) return Array.isArray(field) && field.every((item) => typeof item === 'string');
    return typeof field === 'string';
  });
}
