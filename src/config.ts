// Every setting once: name, type, default, meaning. docs/reference/settings.md is made from this table.
// Refuses unknown SIP_HUB_* variables and values of the wrong form, so that a typing error stops the start.

interface Setting<T> {
  readonly variable: string;
  readonly fallback: T;
  readonly meaning: string;
  readonly parse: (text: string) => T | undefined;
  readonly form: string;
}

const text = (variable: string, fallback: string, meaning: string): Setting<string> => ({
  variable,
  fallback,
  meaning,
  parse: (value) => value,
  form: 'text',
});

const whole = (variable: string, fallback: number, meaning: string): Setting<number> => ({
  variable,
  fallback,
  meaning,
  parse: (value) => (/^\d{1,12}$/.test(value) ? Number(value) : undefined),
  form: 'whole number',
});

const onOff = (variable: string, fallback: boolean, meaning: string): Setting<boolean> => ({
  variable,
  fallback,
  meaning,
  parse: (value) => (value === 'on' ? true : value === 'off' ? false : undefined),
  form: 'on or off',
});

const oneOf = <T extends string>(
  variable: string,
  fallback: T,
  choices: readonly T[],
  meaning: string,
): Setting<T> => ({
  variable,
  fallback,
  meaning,
  parse: (value) => choices.find((choice) => choice === value),
  form: choices.join(', '),
});

export const settings = {
  host: text('HOST', '127.0.0.1', 'Address to listen on. Loopback unless you put a proxy with TLS in front.'),
  port: whole('PORT', 8080, 'Port to listen on; 0 takes a free one.'),
  databaseUrl: text('DATABASE_URL', '', 'PostgreSQL 15 or later. Empty: the embedded database in the data folder.'),
  dataFolder: text('SIP_HUB_DATA', './data', 'Folder of the embedded database. One process at a time.'),
  publicUrl: text(
    'SIP_HUB_PUBLIC_URL',
    '',
    'The one address the world knows the hub by, without a trailing slash: issuer, audience, Location and links are made from it. Empty: http://HOST:PORT.',
  ),
  packages: text(
    'SIP_HUB_PACKAGES',
    '',
    'FHIR NPM packages to load at start, separated by commas: .tgz files, folders of one package, or folders that hold several. Their profiles, extensions, value sets, code systems and search parameters count beside the hub’s own.',
  ),
  databasePoolSize: whole('SIP_HUB_DATABASE_POOL', 16, 'Connections to PostgreSQL per process.'),
  statementTimeoutMs: whole(
    'SIP_HUB_STATEMENT_TIMEOUT_MS',
    10_000,
    'PostgreSQL stops a statement after this time (milliseconds).',
  ),
  rowLevelSecurity: onOff(
    'SIP_HUB_ROW_LEVEL_SECURITY',
    true,
    'PostgreSQL only: row-level security as second line behind the visibility predicate.',
  ),
  maxResourceBytes: whole('SIP_HUB_MAX_RESOURCE_BYTES', 1_048_576, 'Largest single resource (bytes).'),
  maxBundleBytes: whole('SIP_HUB_MAX_BUNDLE_BYTES', 5_242_880, 'Largest Bundle (bytes).'),
  mode: oneOf(
    'SIP_HUB_MODE',
    'hub',
    ['hub', 'plain'],
    'hub: the hub of coordinated plans. plain: a general FHIR R4 server on the same engine, for sandboxes and conformance suites; never for real persons. A database keeps the mode it was made with.',
  ),
  maxBundleEntries: whole('SIP_HUB_MAX_BUNDLE_ENTRIES', 500, 'Most entries in a Bundle.'),
  maxPatchOperations: whole('SIP_HUB_MAX_PATCH_OPERATIONS', 1000, 'Most operations in a patch.'),
  maxJsonDepth: whole('SIP_HUB_MAX_JSON_DEPTH', 64, 'Deepest nesting of JSON.'),
  maxUrlBytes: whole('SIP_HUB_MAX_URL_BYTES', 8192, 'Longest request address (bytes).'),
  defaultPageSize: whole('SIP_HUB_PAGE_SIZE', 50, 'Matches per page when _count is not given.'),
  maxPageSize: whole('SIP_HUB_MAX_PAGE_SIZE', 1000, 'Largest _count that is honoured.'),
  maxSearchCriteria: whole('SIP_HUB_MAX_SEARCH_CRITERIA', 50, 'Most criteria in one search.'),
  maxSearchValues: whole('SIP_HUB_MAX_SEARCH_VALUES', 500, 'Most values, separated by commas, in one criterion.'),
  maxChainSteps: whole('SIP_HUB_MAX_CHAIN_STEPS', 5, 'Most steps of a chain in a search, forwards and back.'),
  maxIncludes: whole('SIP_HUB_MAX_INCLUDES', 30, 'Most _include and _revinclude in one search, wildcards apart.'),
  maxIncluded: whole(
    'SIP_HUB_MAX_INCLUDED',
    5000,
    'Most resources that come with one page of a search; a page that would bring more is refused.',
  ),
  exportsAtOnce: whole(
    'SIP_HUB_EXPORTS',
    10,
    'Bulk exports that a client may have at once for one party, finished ones included until they are deleted or expire.',
  ),
  exportHours: whole(
    'SIP_HUB_EXPORT_HOURS',
    24,
    'How long a bulk export can be fetched after it was asked for (hours).',
  ),
  childViewAge: whole(
    'SIP_HUB_CHILD_VIEW_AGE',
    13,
    'From this age a child’s own view must stand in a Consent (years).',
  ),
  tokenLifetimeSeconds: whole('SIP_HUB_TOKEN_SECONDS', 300, 'Lifetime of an access token (seconds, at most 300).'),
  loginProviders: text(
    'SIP_HUB_LOGIN_PROVIDERS',
    '',
    'JSON file with the OpenID providers that persons log in at. Empty: persons do not log in, but for test persons where host and public address are loopback.',
  ),
  sessionHours: whole(
    'SIP_HUB_SESSION_HOURS',
    8,
    'How long a person stays logged in (hours, 1 to 24). Then every token that an app has from that log-in ends, refresh tokens as well.',
  ),
  requestsPerClient: whole(
    'SIP_HUB_CLIENT_REQUESTS',
    5000,
    'Most requests of one client, or of one person by an app, in ten seconds, per process; then 429. Reading one Consent and changing it by its address is not counted. 0: no limit.',
  ),
  requestsPerAddress: whole(
    'SIP_HUB_ADDRESS_REQUESTS',
    500,
    'Most requests without a valid token (refused tokens, /fhir/metadata) of one address in ten seconds, and as many for tokens, per process; then 429. 0: no limit.',
  ),
  proxies: whole(
    'SIP_HUB_PROXIES',
    0,
    'Proxies in front of the hub that each add the address of their caller to X-Forwarded-For. 0: the header is not read.',
  ),
  drainTimeoutMs: whole(
    'SIP_HUB_DRAIN_MS',
    10_000,
    'On SIGTERM, how long running requests may take to end (milliseconds).',
  ),
  logLevel: oneOf(
    'SIP_HUB_LOG',
    'info',
    ['debug', 'info', 'warn', 'error'],
    'Least severe line that is written to the log.',
  ),
} as const;

export type Config = {
  readonly [Name in keyof typeof settings]: (typeof settings)[Name] extends Setting<infer T> ? T : never;
};

/** A setting that cannot be understood; main.ts prints the message and stops. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Reads the settings from an environment. @throws ConfigError naming every variable that is unknown or malformed */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const known = new Set<string>(Object.values(settings).map((setting) => setting.variable));
  const faults = Object.keys(environment)
    .filter((name) => name.startsWith('SIP_HUB_') && !known.has(name))
    .map((name) => `${name} is not a setting of sip-hub.`);
  const entries = Object.entries(settings).map(([name, setting]) => {
    const given = environment[setting.variable];
    if (given === undefined || given === '') return [name, setting.fallback];
    const value = setting.parse(given);
    if (value === undefined) faults.push(`${setting.variable} must be ${setting.form}.`);
    return [name, value];
  });
  if (faults.length > 0) throw new ConfigError(`${faults.join('\n')}\nSee docs/reference/settings.md.`);
  return Object.fromEntries(entries) as Config;
}
