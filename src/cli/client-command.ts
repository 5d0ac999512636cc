// `sip-hub client …`: the operator's commands on the register of clients. With PostgreSQL they work on the database; on the
// embedded database they reach the running hub over its control socket, or open the folder where no hub runs.
// Refuses unknown options and anything the register refuses; exit status 0 done, 1 refused, 2 wrongly written.
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import {
  carryOutClientCommand,
  ClientCommandError,
  type ClientCommand,
  type ClientSummary,
} from '../auth/clients.ts';
import { isLoopbackHost } from '../auth/addresses.ts';
import type { Config } from '../config.ts';
import type { Clock } from '../core/clock.ts';
import type { Database } from '../store/database.ts';
import { ControlSocketError, sendControlCommand, type ControlAnswer } from './control-socket.ts';
import { formatClients } from './format-clients.ts';

export const clientUsage = `sip-hub client add --name <name> --organization <HSA-id or organisationsnummer> [--organization …]
               --scope "system/*.cruds" (--key <file.jwk|.pem> [--key …] | --jwks-uri <https address>)
sip-hub client add --operator --name <name> --scope "system/Organization.cruds" (--key … | --jwks-uri …)
sip-hub client list
sip-hub client enable <client id>
sip-hub client disable <client id>
sip-hub client add-key <client id> --key <file>
sip-hub client disable-key <client id> <thumbprint>

Each takes --json. The public key alone is registered: EC P-384 (ES384) or RSA of at least 2048 bits (RS384).`;

export interface ClientCommandContext {
  readonly config: Pick<Config, 'databaseUrl' | 'dataFolder' | 'host'>;
  readonly clock: Clock;
  /** Opens the configured database, migrated; the embedded one under its lock. Closed when the command ends. */
  readonly openDatabase: () => Promise<Database>;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
}

/** The command is wrongly written. */
class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Runs `sip-hub client <argv>` and gives the exit status. */
export async function runClientCommand(argv: readonly string[], context: ClientCommandContext): Promise<number> {
  try {
    const { command, asJson } = await parseClientCommand(argv);
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
    if (!isClientCommand(command)) return { error: 'The running hub does not know this command. Use the same version for both.' };
    return { result: await carryOutClientCommand(command, context) };
  } catch (error) {
    if (error instanceof ClientCommandError) return { error: error.message };
    throw error;
  }
}

async function carryOut(command: ClientCommand, context: ClientCommandContext): Promise<readonly ClientSummary[]> {
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

/** `command` is undefined where help is asked for. @throws UsageError, ClientCommandError for a file that cannot be read */
async function parseClientCommand(argv: readonly string[]): Promise<{ command: ClientCommand | undefined; asJson: boolean }> {
  const [kind, ...rest] = argv;
  if (kind === undefined || kind === 'help' || kind === '--help') return { command: undefined, asJson: false };
  const { values, positionals } = parse(rest, optionsOf(kind));
  const asJson = values['json'] === true;
  const [first, second, ...more] = positionals;
  const requireOnly = (...allowed: readonly (string | undefined)[]): void => {
    if (more.length > 0 || positionals.length > allowed.length) throw new UsageError('There are more arguments than the command takes.');
  };
  switch (kind) {
    case 'list':
      requireOnly();
      return { command: { kind }, asJson };
    case 'enable':
    case 'disable':
      requireOnly(first);
      return { command: { kind, clientId: requireText(first, 'Name the client by its id.') }, asJson };
    case 'disable-key': {
      requireOnly(first, second);
      const clientId = requireText(first, 'Name the client by its id.');
      return { command: { kind, clientId, thumbprint: requireText(second, 'Name the key by its thumbprint.') }, asJson };
    }
    case 'add-key': {
      requireOnly(first);
      const clientId = requireText(first, 'Name the client by its id.');
      const [file, ...others] = textsOf(values['key']);
      if (others.length > 0) throw new UsageError('Give one --key.');
      return { command: { kind, clientId, key: await readKeyFile(requireText(file, 'Give --key with the file of the public key.')) }, asJson };
    }
    case 'add':
      requireOnly();
      return { command: await toAddCommand(values), asJson };
    default:
      throw new UsageError(`There is no command client ${kind}.`);
  }
}

type OptionValues = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;
type OptionTable = Readonly<Record<string, { readonly type: 'string' | 'boolean'; readonly multiple?: boolean }>>;

function optionsOf(kind: string): OptionTable {
  const json = { type: 'boolean' } as const;
  const texts = { type: 'string', multiple: true } as const;
  if (kind === 'add-key') return { json, key: texts };
  if (kind !== 'add') return { json };
  return { json, name: texts, organization: texts, scope: texts, key: texts, 'jwks-uri': texts, operator: { type: 'boolean' } };
}

function parse(args: readonly string[], options: OptionTable): { values: OptionValues; positionals: readonly string[] } {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

async function toAddCommand(values: OptionValues): Promise<ClientCommand> {
  const files = textsOf(values['key']);
  const [jwksUri, ...otherUris] = textsOf(values['jwks-uri']);
  const [name, ...otherNames] = textsOf(values['name']);
  if (otherUris.length > 0 || otherNames.length > 0) throw new UsageError('Give one --name and at most one --jwks-uri.');
  const scopes = textsOf(values['scope']);
  if (scopes.length === 0) throw new UsageError('Give --scope, such as "system/*.cruds".');
  return {
    kind: 'add',
    name: requireText(name, 'Give --name.'),
    client: values['operator'] === true ? 'operator' : 'system',
    organizations: textsOf(values['organization']),
    scope: scopes.join(' '),
    keys: await Promise.all(files.map(readKeyFile)),
    jwksUri,
  };
}

const textsOf = (value: OptionValues[string]): readonly string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];

function requireText(value: string | undefined, otherwise: string): string {
  if (value === undefined || value === '') throw new UsageError(otherwise);
  return value;
}

async function readKeyFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new ClientCommandError(`The key file ${path} cannot be read.`, { cause: error });
  }
}

/** Fields of each command by name, as they must come over the socket. */
const commandFields: Readonly<Record<ClientCommand['kind'], Readonly<Record<string, 'text' | 'texts' | 'text or nothing'>>>> = {
  list: {},
  enable: { clientId: 'text' },
  disable: { clientId: 'text' },
  'add-key': { clientId: 'text', key: 'text' },
  'disable-key': { clientId: 'text', thumbprint: 'text' },
  add: { name: 'text', client: 'text', organizations: 'texts', scope: 'text', keys: 'texts', jwksUri: 'text or nothing' },
};

function isClientCommand(value: unknown): value is ClientCommand {
  if (typeof value !== 'object' || value === null) return false;
  const command = value as Readonly<Record<string, unknown>>;
  const { kind } = command;
  if (typeof kind !== 'string' || !Object.hasOwn(commandFields, kind)) return false;
  if (kind === 'add' && command['client'] !== 'system' && command['client'] !== 'operator') return false;
  return Object.entries(commandFields[kind as ClientCommand['kind']]).every(([name, form]) => {
    const field = command[name];
    if (form === 'texts') return Array.isArray(field) && field.every((item) => typeof item === 'string');
    return typeof field === 'string' || (form === 'text or nothing' && field === undefined);
  });
}
