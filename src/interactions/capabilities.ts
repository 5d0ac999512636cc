// capabilities: what really runs, made from the same tables that run it. https://hl7.org/fhir/R4/capabilitystatement.html
import type { TypePolicy } from '../access/compartment.ts';
import { problem } from '../core/problem.ts';
import { formatInstant } from '../fhir/instant.ts';
import { modifiersOf } from '../search/modifiers.ts';
import type { Parameter } from '../search/parameter.ts';
import type { SearchRegistry } from '../search/registry.ts';
import type { Operation } from './operation.ts';
import { jsonPatchType } from './parse-patch.ts';
import type { Answer, Services } from './services.ts';

const searchTypes: Readonly<Partial<Record<Parameter['kind'], string>>> = {
  id: 'token',
  'last-updated': 'date',
  token: 'token',
  reference: 'reference',
  date: 'date',
  string: 'string',
  number: 'number',
  quantity: 'quantity',
  uri: 'uri',
  composite: 'composite',
  text: 'string',
};

const fhirJson = 'application/fhir+json';

/** `mode` of the request. https://hl7.org/fhir/R4/http.html#capabilities */
type CapabilityMode = 'full' | 'normative' | 'terminology';

/** Resource types whose definitions R4 holds fast. https://hl7.org/fhir/R4/ansi-nfrs.html */
const normativeTypes: ReadonlySet<string> = new Set([
  'Binary',
  'Bundle',
  'CapabilityStatement',
  'CodeSystem',
  'OperationDefinition',
  'OperationOutcome',
  'Observation',
  'Patient',
  'StructureDefinition',
  'ValueSet',
]);

/** Nothing but the search parameters changes while the hub runs, and a plain server has much to say. */
const made = new WeakMap<SearchRegistry, Map<CapabilityMode, string>>();

/** 200 with the CapabilityStatement, or TerminologyCapabilities. Needs no token: it holds nothing about anybody. @throws search-value-invalid */
export async function capabilities(services: Services, parameters = new URLSearchParams()): Promise<Answer> {
  const mode = parseMode(parameters.get('mode'));
  // Says what is so in this moment, also where another process has changed it.
  await services.renewSearch();
  const bodies = made.get(services.search) ?? new Map<CapabilityMode, string>();
  made.set(services.search, bodies);
  const body =
    bodies.get(mode) ?? JSON.stringify(mode === 'terminology' ? toTerminology(services) : toStatement(services, mode));
  bodies.set(mode, body);
  return { status: 200, headers: {}, body };
}

function parseMode(text: string | null): CapabilityMode {
  if (text === null || text === 'full' || text === 'normative' || text === 'terminology') return text ?? 'full';
  throw problem('search-value-invalid', { diagnostics: 'mode takes full, normative or terminology.' });
}

function toHead(services: Services): object {
  return {
    status: 'active',
    date: formatInstant(services.startedAt),
    kind: 'instance',
    software: { name: 'sip-hub', version: services.version },
    implementation: { description: descriptions[services.mode.name], url: services.baseUrl },
  };
}

const descriptions = {
  hub: 'sip-hub: one coordinated individual plan for every system',
  plain: 'sip-hub in plain mode: a FHIR R4 server for sandboxes and conformance suites',
} as const;

function toStatement(services: Services, mode: Exclude<CapabilityMode, 'terminology'>): object {
  const types = Object.keys(services.mode.policies).filter((type) => mode === 'full' || normativeTypes.has(type));
  return {
    resourceType: 'CapabilityStatement',
    ...toHead(services),
    fhirVersion: '4.0.1',
    format: [fhirJson],
    patchFormat: [jsonPatchType, fhirJson],
    rest: [
      {
        mode: 'server',
        ...toDocumentation(services),
        security: toSecurity(services),
        resource: types.map((type) => toResource(type, services)),
        interaction: ['transaction', 'batch', 'history-system', 'search-system'].map((code) => ({ code })),
        ...toOperations(services.operations.filter(({ levels }) => levels.includes('system'))),
      },
    ],
  };
}

/** The code systems of the hub's own and of loaded packages. https://hl7.org/fhir/R4/terminologycapabilities.html */
function toTerminology(services: Services): object {
  const systems = services.codeSystems.map(({ url, version }) => ({
    uri: url,
    ...(version === undefined ? {} : { version: [{ code: version, isDefault: true }] }),
  }));
  return {
    resourceType: 'TerminologyCapabilities',
    ...toHead(services),
    ...(systems.length === 0 ? {} : { codeSystem: systems }),
  };
}

function toSecurity({ baseUrl }: Services): object {
  return {
    service: [
      { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/restful-security-service', code: 'SMART-on-FHIR' }] },
    ],
    description: `SMART Backend Services for the systems of parties (client credentials with private_key_jwt) and, where persons log in, SMART App Launch for their apps (authorization code with PKCE); see ${baseUrl}/.well-known/smart-configuration. Access is decided by consent; a hidden resource answers as an absent one.`,
  };
}

function toResource(type: string, services: Services): object {
  const { mode } = services;
  if (mode.findTypePolicy(type)?.kind === 'log') return toLogResource(type, services);
  const parameters = listParameters(type, services);
  const includes = parameters.filter(({ kind }) => kind === 'reference').map(({ code }) => `${type}:${code}`);
  const revIncludes = findReverseIncludes(type, services);
  const profiles = mode.name === 'hub' ? services.profilesOf(type) : [];
  const isWritable = canWrite(mode.findTypePolicy(type));
  const reading = ['read', 'vread', 'history-instance', 'history-type', 'search-type'];
  const writing = isWritable ? ['create', 'update', 'patch', 'delete'] : [];
  return {
    type,
    ...(profiles.length === 0 ? {} : { supportedProfile: profiles }),
    interaction: [...reading, ...writing].map((code) => ({ code })),
    versioning: mode.requiresIfMatch ? 'versioned-update' : 'versioned',
    readHistory: true,
    updateCreate: isWritable && mode.allowsUpdateCreate,
    conditionalCreate: isWritable,
    conditionalRead: 'full-support',
    conditionalUpdate: isWritable,
    conditionalDelete: isWritable ? 'single' : 'not-supported',
    referencePolicy: mode.enforcesReferences ? ['literal', 'enforced', 'local'] : ['literal', 'local'],
    ...(includes.length === 0 ? {} : { searchInclude: ['*', ...includes] }),
    ...(revIncludes.length === 0 ? {} : { searchRevInclude: ['*', ...revIncludes] }),
    ...toSearchParams(parameters, services.search),
    ...toOperations(services.operations.filter((operation) => isFor(operation, type))),
  };
}

/** Made of the log when it is asked for: read and searched, and nothing else. */
function toLogResource(type: string, services: Services): object {
  const profiles = services.profilesOf(type);
  const operations = services.operations.filter((operation) => isFor(operation, type) && operation.isOfStored !== true);
  return {
    type,
    ...(profiles.length === 0 ? {} : { supportedProfile: profiles }),
    interaction: ['read', 'search-type'].map((code) => ({ code })),
    versioning: 'no-version',
    readHistory: false,
    updateCreate: false,
    conditionalCreate: false,
    conditionalRead: 'not-supported',
    conditionalUpdate: false,
    conditionalDelete: 'not-supported',
    referencePolicy: ['literal'],
    ...toSearchParams(listParameters(type, services), services.search),
    ...toOperations(operations),
  };
}

function listParameters(type: string, { search }: Services): readonly Parameter[] {
  return [...search.parametersOf(type).values()].filter(
    ({ kind, code }) => searchTypes[kind] !== undefined && search.isUsable(type, code),
  );
}

function toSearchParams(parameters: readonly Parameter[], search: SearchRegistry): object {
  if (parameters.length === 0) return {};
  return {
    searchParam: parameters.map((parameter) => ({
      name: parameter.code,
      definition: parameter.url,
      type: searchTypes[parameter.kind],
      documentation: toModifierText(parameter, search),
    })),
  };
}

/** R4 has no element for it. https://hl7.org/fhir/R4/capabilitystatement-definitions.html#CapabilityStatement.rest.resource.searchParam */
function toModifierText(parameter: Parameter, search: SearchRegistry): string {
  const modifiers = modifiersOf(parameter, search);
  if (modifiers.length === 0) return 'Modifiers: none.';
  return `Modifiers: ${modifiers.map((modifier) => `:${modifier}`).join(', ')}.`;
}

/** `Task:focus`, for every reference of a served type that can lead to this one. */
function findReverseIncludes(type: string, { search }: Services): readonly string[] {
  return search.servedTypes.flatMap((source) =>
    [...search.parametersOf(source).values()]
      .filter(
        ({ kind, targetTypes, code }) =>
          kind === 'reference' && targetTypes.includes(type) && search.isUsable(source, code),
      )
      .map(({ code }) => `${source}:${code}`),
  );
}

function isFor({ levels, types }: Operation, type: string): boolean {
  return levels.some((level) => level !== 'system') && (types?.includes(type) ?? true);
}

function toOperations(known: readonly Operation[]): object {
  const operation = known.flatMap(({ name, definition }) =>
    definition === undefined ? [] : [{ name: name.slice(1), definition }],
  );
  return operation.length === 0 ? {} : { operation };
}

/** The addresses that no FHIR definition describes. */
function toDocumentation({ operations, baseUrl }: Services): object {
  const lines = operations.flatMap(({ name, definition, summary }) =>
    definition === undefined ? [`- \`${baseUrl}/${name}\`: ${summary}`] : [],
  );
  return lines.length === 0 ? {} : { documentation: lines.join('\n') };
}

function canWrite(policy: TypePolicy | undefined): boolean {
  if (policy === undefined) return false;
  return policy.kind === 'patient' || (policy.kind === 'directory' && policy.writer !== 'nobody');
}
