// The wiring, in start order: a table of contents. Read this second, after the README.
import { fileURLToPath } from 'node:url';
import packageJson from '../package.json' with { type: 'json' };
import { listLimitedParameters, listStoredTypes } from './access/compartment.ts';
import { isLoopbackHost, toAuthorizationAddresses } from './auth/addresses.ts';
import { createAuthorizationServer } from './auth/authorization-server.ts';
import { readLogInProviders } from './auth/log-in-providers.ts';
import { chooseSignInMethod } from './auth/sign-in-method.ts';
import { openSigningKeys } from './auth/signing-keys.ts';
import { toSmartConfiguration } from './auth/smart-configuration.ts';
import { createTokenReader } from './auth/tokens.ts';
import type { Config } from './config.ts';
import { createBackground } from './core/background.ts';
import { canonicalBase } from './core/canonical.ts';
import { type Clock, systemClock } from './core/clock.ts';
import { createIdSource, type IdSource } from './core/ids.ts';
import type { Log } from './core/log.ts';
import { type Definitions, loadDefinitions } from './fhir/definitions.ts';
import { createFindShapes } from './fhir/element-shapes.ts';
import { findMissingDependencies, readPackages } from './fhir/packages.ts';
import { createHttpListener } from './http/create-http.ts';
import { listen } from './http/listen.ts';
import { createRateLimits } from './http/rate-limits.ts';
import { createMode } from './interactions/mode.ts';
import { startIndexing } from './interactions/run-indexing.ts';
import { createSearchKeeper } from './interactions/search-keeper.ts';
import type { Services } from './interactions/services.ts';
import { operations } from './operations/operations.ts';
import { startExports } from './operations/run-exports.ts';
import { deriveCursorKey } from './search/cursor.ts';
import { signInPages } from './portal/sign-in-pages.ts';
import { createSearchRegistry } from './search/registry.ts';
import { createStore } from './store/create-store.ts';
import type { Database } from './store/database.ts';
import { openDatabase, type OpenedDatabase } from './store/open-database.ts';
import { requireMode } from './store/mode-mark.ts';
import { readOrCreateSecret } from './store/secrets.ts';
import { createCodes } from './terminology/codes.ts';
import { canonicalSystem, normalizeSystems } from './terminology/system-aliases.ts';
import { createSipProfiles, type SipProfiles } from './validation/sip-profiles.ts';
import { createValidator } from './validation/create-validator.ts';

export interface RunningHub {
  /** The public base address, without a trailing slash. */
  readonly publicUrl: string;
  readonly port: number;
  readonly database: Database;
  readonly services: Services;
  /** Lets running requests end, then closes everything. */
  readonly stop: () => Promise<void>;
}

export interface HubOptions {
  readonly log: Log;
  readonly clock?: Clock;
  readonly ids?: IdSource;
}

const folders = ['../profiles/json', '../profiles/hl7se.fhir.base-1.1.0', '../terminology/json'].map((folder) =>
  fileURLToPath(new URL(folder, import.meta.url)),
);

/** FHIR packages that come with the hub in `folders`. */
const builtInPackages = ['siphub.fhir', 'hl7se.fhir.base'];

/** Starts the hub and resolves when it answers. @throws PackageError, ConfigError, FolderInUse, MigrationError, RowLevelSecurityError, Error (EADDRINUSE) */
export async function startHub(config: Config, options: HubOptions): Promise<RunningHub> {
  const { log, clock = systemClock, ids = createIdSource() } = options;

  // 0. R4, SIP and the operator's packages and providers, read from disk: a damaged one stops the start before anything is opened.
  const packages = readPackages(
    config.packages
      .split(',')
      .map((location) => location.trim())
      .filter((location) => location !== ''),
  );
  const definitions = loadDefinitions(folders, packages);
  for (const missing of findMissingDependencies(packages, builtInPackages))
    log('warn', 'package dependency missing', { missing });

  const logInProviders =
    config.loginProviders === ''
      ? []
      : readLogInProviders(config.loginProviders, { allowLoopback: isLoopbackHost(config.host) });

  // 1. Listen at once, so that a supervisor sees life; everything is 503 until the hub is ready.
  const front = await listen(config);
  const publicUrl = config.publicUrl === '' ? `http://${config.host}:${front.port}` : config.publicUrl;

  // 2. The database: PostgreSQL where one is named, else the embedded one, held by a lock on its folder.
  const { database, rowLevelSecurity } = await openConfiguredDatabase(config).catch(async (error: unknown) => {
    await front.close(0);
    throw error;
  });
  const hubKey = await readOrCreateSecret(database, 'hub-key', 32);
  await requireMode(database, config.mode);
  const store = createStore(database, { rowLevelSecurity, maxIncluded: config.maxIncluded });

  // 3. What is known of FHIR and SIP, compiled once.
  const codes = createCodes(definitions);
  const shapes = createFindShapes(definitions.typeStructure);
  const mode = createMode(config.mode, { resourceTypes: definitions.resourceTypes, shapes });
  const sipProfiles: SipProfiles = mode.name === 'hub' ? createSipProfiles(canonicalBase) : () => [];
  const validator = createValidator({ definitions, codes, sipProfiles });
  const background = createBackground(log);
  const registry = createSearchRegistry(definitions, `${publicUrl}/fhir`, {
    codes,
    servedTypes: listStoredTypes(mode.policies),
    limitedTypes: listLimitedParameters(mode.policies),
  });
  const keeper = await createSearchKeeper(store.searchState, registry).catch(async (error: unknown) => {
    await front.close(0);
    await store.close();
    throw error;
  });
  const services: Services = {
    store,
    mode,
    shapes,
    validator,
    profilesOf: (type) => listProfiles(definitions, type),
    codeSystems: listCodeSystems(definitions),
    get search() {
      return keeper.current();
    },
    renewSearch: async () => {
      const isOther = await keeper.renew();
      if (keeper.isIndexing()) startIndexing(services);
      return isOther;
    },
    operations,
    normalizeSystems: mode.normalizesSystems ? normalizeSystems : () => undefined,
    canonicalSystem: mode.normalizesSystems ? canonicalSystem : (system) => system,
    clock,
    ids,
    baseUrl: `${publicUrl}/fhir`,
    hubKey,
    background,
    log,
    cursorKey: deriveCursorKey(hubKey),
    version: packageJson.version,
    startedAt: clock(),
    limits: {
      bundleEntries: config.maxBundleEntries,
      patchOperations: config.maxPatchOperations,
      jsonDepth: config.maxJsonDepth,
      resourceBytes: config.maxResourceBytes,
      bundleBytes: config.maxBundleBytes,
      defaultPageSize: config.defaultPageSize,
      maxPageSize: config.maxPageSize,
      searchCriteria: config.maxSearchCriteria,
      searchValues: config.maxSearchValues,
      chainSteps: config.maxChainSteps,
      includes: config.maxIncludes,
      exportsAtOnce: config.exportsAtOnce,
      exportLifetimeMs: config.exportHours * 3_600_000,
      childViewAge: config.childViewAge,
    },
  };

  // A plain server's many types are compiled when first met.
  const served = mode.name === 'hub' ? Object.keys(mode.policies) : [];
  for (const type of served) services.search.parametersOf(type);
  validator.prepare(served, served.flatMap(services.profilesOf));

  // 4. Who may come in.
  const signingKeys = await openSigningKeys({ database, clock });
  const rates = createRateLimits({
    perClient: config.requestsPerClient,
    perAddress: config.requestsPerAddress,
    proxies: config.proxies,
    log,
  });
  const signInMethod = chooseSignInMethod({
    host: config.host,
    publicUrl,
    mode: config.mode,
    providers: logInProviders,
  });
  const authorizationServer = createAuthorizationServer({
    signInMethod,
    pages: signInPages,
    hubKey,
    sessionLifetimeSeconds: Math.min(Math.max(1, config.sessionHours), 24) * 3600,
    waitOf: rates.waitForToken,
    database,
    signingKeys,
    publicUrl,
    tokenLifetimeSeconds: config.tokenLifetimeSeconds,
    allowLoopbackJwks: isLoopbackHost(config.host),
    clock,
    log,
  });

  // 5. The HTTP face.
  let isStopping = false;
  const answerHttp = createHttpListener({
    fhir: {
      services,
      authenticate: createTokenReader({ database, signingKeys, publicUrl, clock }),
      rates,
      maxUrlBytes: config.maxUrlBytes,
    },
    smartConfiguration: JSON.stringify(toSmartConfiguration({ publicUrl, personsLogIn: signInMethod !== undefined })),
    ids,
    log,
    isReady: async () => !isStopping && (await answers(() => store.ping())),
  });
  const { issuer } = toAuthorizationAddresses(publicUrl);
  const authorizationPath = `${new URL(issuer).pathname}/`;
  front.handOver((request, response) => {
    if (request.url?.startsWith(authorizationPath)) void authorizationServer.handle(request, response);
    else answerHttp(request, response);
  });
  startExports(services);
  if (keeper.isIndexing()) startIndexing(services);
  log('info', 'ready', { publicUrl, database: database.kind });

  return {
    publicUrl,
    port: front.port,
    database,
    services,
    stop: async () => {
      isStopping = true;
      await front.close(config.drainTimeoutMs);
      await background.stop();
      await store.close();
      log('info', 'stopped');
    },
  };
}

/** The database that the settings name, brought to this version. @throws FolderInUse, MigrationError, RowLevelSecurityError */
export function openConfiguredDatabase(config: Config): Promise<OpenedDatabase> {
  return openDatabase({
    databaseUrl: config.databaseUrl,
    dataFolder: config.dataFolder,
    poolSize: config.databasePoolSize,
    statementTimeoutMs: config.statementTimeoutMs,
    rowLevelSecurity: config.rowLevelSecurity,
  });
}

/** The hub's own profiles of the type first, then those of packages. */
function listProfiles(definitions: Definitions, type: string): readonly string[] {
  const urls = definitions.project
    .filter(
      ({ resourceType, ...rest }) =>
        resourceType === 'StructureDefinition' && rest['type'] === type && rest['derivation'] === 'constraint',
    )
    .flatMap(({ url }) => (typeof url === 'string' ? [url] : []));
  return [...new Set(urls)].toSorted(
    (one, other) => Number(other.startsWith(canonicalBase)) - Number(one.startsWith(canonicalBase)),
  );
}

function listCodeSystems({ project }: Definitions): Services['codeSystems'] {
  return project.flatMap(({ resourceType, ...rest }) => {
    const { url, version } = rest;
    if (resourceType !== 'CodeSystem' || typeof url !== 'string') return [];
    return [{ url, version: typeof version === 'string' ? version : undefined }];
  });
}

async function answers(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch {
    return false;
  }
}
