// What `sip-hub client …` was asked to do: arguments -> ClientCommand, with the key files read.
// Refuses unknown options, missing ones and those too many, with the usage.
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { ClientCommandError, type ClientCommand } from '../auth/clients.ts';

export const clientUsage = `sip-hub client add --name <name> --organization <HSA-id or organisationsnummer> [--organization …]
               --scope "system/*.cruds" (--key <file.jwk|.pem> [--key …] | --jwks-uri <https address>)
sip-hub client add --operator --name <name> --scope "system/Organization.cruds" (--key … | --jwks-uri …)
sip-hub client add --app --name <name> --redirect-uri <address> [--redirect-uri …] --scope "patient/*.rs"
               [--key … | --jwks-uri …]
sip-hub client list
sip-hub client enable <client id>
sip-hub client disable <client id>
sip-hub client add-key <client id> --key <file>
sip-hub client disable-key <client id> <thumbprint>

Each takes --json. The public key alone is registered: EC P-384 (ES384) or RSA of at least 2048 bits (RS384).
An app is what a person logs in to; without a key it is a public client. Redirect addresses are compared to the letter.`;

/** The command is wrongly written. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** `command` is undefined where help is asked for. @throws UsageError, ClientCommandError for a file that cannot be read */
export async function parseClientArguments(
  argv: readonly string[],
): Promise<{ command: ClientCommand | undefined; asJson: boolean }> {
  const [kind, ...rest] = argv;
  if (kind === undefined || kind === 'help' || kind === '--help') return { command: undefined, asJson: false };
  const { values, positionals } = parse(rest, optionsOf(kind));
  const asJson = values['json'] === true;
  const [first, second, ...more] = positionals;
  const requireOnly = (...allowed: readonly (string | undefined)[]): void => {
    if (more.length > 0 || positionals.length > allowed.length)
      throw new UsageError('There are more arguments than the command takes.');
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
      return {
        command: { kind, clientId, thumbprint: requireText(second, 'Name the key by its thumbprint.') },
        asJson,
      };
    }
    case 'add-key': {
      requireOnly(first);
      const clientId = requireText(first, 'Name the client by its id.');
      const [file, ...others] = textsOf(values['key']);
      if (others.length > 0) throw new UsageError('Give one --key.');
      return {
        command: {
          kind,
          clientId,
          key: await readKeyFile(requireText(file, 'Give --key with the file of the public key.')),
        },
        asJson,
      };
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
  return {
    json,
    name: texts,
    organization: texts,
    scope: texts,
    key: texts,
    'jwks-uri': texts,
    'redirect-uri': texts,
    operator: { type: 'boolean' },
    app: { type: 'boolean' },
  };
}

function parse(
  args: readonly string[],
  options: OptionTable,
): { values: OptionValues; positionals: readonly string[] } {
  try {
    // One thumbprint in 64 begins with a hyphen; behind -- nothing is taken for an option.
    const thumbprints = args.filter((text) => thumbprint.test(text));
    const others = args.filter((text) => text !== '--' && !thumbprint.test(text));
    return parseArgs({ args: [...others, '--', ...thumbprints], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** SHA-256 in base64url. https://www.rfc-editor.org/rfc/rfc7638 */
const thumbprint = /^[\w-]{43}$/;

async function toAddCommand(values: OptionValues): Promise<ClientCommand> {
  const files = textsOf(values['key']);
  const [jwksUri, ...otherUris] = textsOf(values['jwks-uri']);
  const [name, ...otherNames] = textsOf(values['name']);
  if (otherUris.length > 0 || otherNames.length > 0)
    throw new UsageError('Give one --name and at most one --jwks-uri.');
  const scopes = textsOf(values['scope']);
  if (values['operator'] === true && values['app'] === true)
    throw new UsageError('Give --operator or --app, not both.');
  if (scopes.length === 0) throw new UsageError('Give --scope, such as "system/*.cruds".');
  return {
    kind: 'add',
    name: requireText(name, 'Give --name.'),
    client: values['operator'] === true ? 'operator' : values['app'] === true ? 'app' : 'system',
    organizations: textsOf(values['organization']),
    scope: scopes.join(' '),
    keys: await Promise.all(files.map(readKeyFile)),
    jwksUri,
    redirectUris: textsOf(values['redirect-uri']),
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
