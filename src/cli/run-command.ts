// The commands, one table. Each gives the exit code: 0 done, 1 failed (explained), 2 not understood.
import { ConfigError, readConfig, type Config } from '../config.ts';
import { systemClock } from '../core/clock.ts';
import { createLog, type Log } from '../core/log.ts';
import { Problem } from '../core/problem.ts';

/** What the process edge hands in. */
export interface Edge {
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** Aborted on SIGTERM and SIGINT. */
  readonly stopping: AbortSignal;
}

/** What a command is given. */
export interface CommandContext {
  readonly arguments: readonly string[];
  readonly config: Config;
  readonly log: Log;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
  readonly stopping: AbortSignal;
}

interface Command {
  readonly summary: string;
  readonly run: (context: CommandContext) => Promise<number>;
}

const commands: Readonly<Record<string, Command>> = {
  serve: { summary: 'Run the hub (the default).', run: async (context) => (await import('./serve.ts')).serve(context) },
  demo: {
    summary: 'Play the main story on a temporary database, then stay up; --exit ends instead.',
    run: async (context) => (await import('./demo/demo.ts')).demo(context),
  },
  client: {
    summary: 'Register, list, enable and disable client systems and their keys.',
    run: async (context) => (await import('./client-command.ts')).clientCommand(context),
  },
  token: {
    summary: 'Print a bearer token for development, by a client registered for it; loopback only.',
    run: async (context) => (await import('./client-command.ts')).developmentToken(context),
  },
  import: {
    summary: 'Write the NDJSON files of an existing system as the organization they belong to.',
    run: async (context) => (await import('./import-command.ts')).importCommand(context),
  },
  migrate: {
    summary: 'Bring the database to this version, and stop.',
    run: async (context) => (await import('./migrate-command.ts')).migrateCommand(context),
  },
  'verify-audit': {
    summary: 'Walk the audit log, and name the first row that is not as it was written.',
    run: async (context) => (await import('./verify-audit-command.ts')).verifyAuditCommand(context),
  },
  config: {
    summary: 'Print every setting, its value and meaning.',
    run: async (context) => (await import('./config-command.ts')).configCommand(context),
  },
};

/** Runs the command that the arguments name. Resolves to the exit code. */
export async function runCommand(edge: Edge): Promise<number> {
  const [name = 'serve', ...rest] = edge.arguments;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    const lines = Object.entries(commands).map(([known, { summary }]) => `  ${known.padEnd(12)} ${summary}`);
    edge.writeError(`sip-hub has no command "${name}". Commands:\n${lines.join('\n')}\n`);
    return 2;
  }
  try {
    const config = readConfig(edge.environment);
    const log = createLog({ least: config.logLevel, now: systemClock, write: edge.writeError });
    return await command.run({ ...edge, arguments: rest, config, log });
  } catch (error) {
    const isExplained = error instanceof ConfigError || (error instanceof Error && explained.has(error.name));
    edge.writeError(`${isExplained ? error.message : describeFault(error)}\n`);
    return 1;
  }
}

/** Errors whose message is written for whoever started the process. */
const explained = new Set([
  'FolderInUse',
  'MigrationError',
  'RowLevelSecurityError',
  'ModeMismatch',
  'ClientCommandError',
  'ClientKeyError',
  'ControlSocketError',
]);

function describeFault(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    return 'The port is taken by another program. Choose another with PORT.';
  }
  // Before the hub is ready, only the database can refuse something. The detail is its own words, which hold no password.
  if (error instanceof Problem && error.detail !== undefined) {
    return `The database cannot be used: ${error.detail}\nCheck DATABASE_URL, and that the database it names is there and may be used.`;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
