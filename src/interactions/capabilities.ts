// capabilities: what really runs, made from the same tables that run it. https://hl7.org/fhir/R4/capabilitystatement.html
import { findTypePolicy, typePolicies, type TypePolicy } from '../access/compartment.ts';
import { toAuthorizationAddresses } from '../auth/addresses.ts';
import { formatInstant } from '../fhir/instant.ts';
import type { Parameter } from '../search/parameter.ts';
import type { Answer, Services } from './services.ts';

const searchTypes: Readonly<Partial<Record<Parameter['kind'], string>>> = {
  id: 'token',
  'last-updated': 'date',
  token: 'token',
  reference: 'reference',
  date: 'date',
  string: 'string',
};

/** 200 with the CapabilityStatement. Needs no token: it holds nothing about anybody. */
export function capabilities(services: Services): Answer {
  const body = JSON.stringify({
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: formatInstant(services.startedAt),
    kind: 'instance',
    software: { name: 'sip-hub', version: services.version },
    implementation: { description: 'sip-hub: one coordinated individual plan for every system', url: services.baseUrl },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json', 'json'],
    acceptLanguage: ['sv', 'en'],
    rest: [
      {
        mode: 'server',
        security: toSecurity(services),
        resource: Object.keys(typePolicies).map((type) => toResource(type, services)),
        interaction: [{ code: 'transaction' }, { code: 'batch' }],
      },
    ],
  });
  return { status: 200, headers: {}, body };
}

function toSecurity(services: Services): object {
  const { tokenEndpoint } = toAuthorizationAddresses(new URL('.', services.baseUrl).href.replace(/\/$/, ''));
  return {
    service: [
      { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/restful-security-service', code: 'SMART-on-FHIR' }] },
    ],
    description:
      'SMART Backend Services: client credentials with private_key_jwt. Access is decided by consent; a hidden resource answers as an absent one.',
    extension: [
      {
        url: 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris',
        extension: [{ url: 'token', valueUri: tokenEndpoint }],
      },
    ],
  };
}

function toResource(type: string, services: Services): object {
  const parameters = [...services.search.parametersOf(type).values()].filter(
    ({ kind }) => searchTypes[kind] !== undefined,
  );
  const profiles = services.profilesOf(type);
  const isWritable = canWrite(findTypePolicy(type));
  const reading = ['read', 'vread', 'history-instance', 'history-type', 'search-type'];
  return {
    type,
    ...(profiles.length === 0 ? {} : { supportedProfile: profiles }),
    interaction: [...reading, ...(isWritable ? ['create', 'update', 'delete'] : [])].map((code) => ({ code })),
    versioning: 'versioned-update',
    readHistory: true,
    updateCreate: false,
    conditionalCreate: isWritable,
    conditionalRead: 'not-match',
    conditionalUpdate: false,
    conditionalDelete: 'not-supported',
    referencePolicy: ['literal', 'enforced', 'local'],
    searchInclude: parameters.filter(({ kind }) => kind === 'reference').map(({ code }) => `${type}:${code}`),
    ...toOperations(type, services),
    searchParam: parameters.map(({ code, url, kind }) => ({ name: code, definition: url, type: searchTypes[kind] })),
  };
}

function toOperations(type: string, services: Services): object {
  const known = services.operations.filter(
    ({ levels, types }) => levels.some((level) => level !== 'system') && (types?.includes(type) ?? true),
  );
  return known.length === 0
    ? {}
    : { operation: known.map(({ name, definition }) => ({ name: name.slice(1), definition })) };
}

function canWrite(policy: TypePolicy | undefined): boolean {
  if (policy === undefined) return false;
  return policy.kind === 'patient' ? policy.madeByHub !== true : policy.writer !== 'nobody';
}
