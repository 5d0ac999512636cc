// Resources for scenarios, taken from the example plan and pointed at other persons; and requests that fetch cannot make.
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { FhirResource } from '../../src/fhir/resource.ts';
import type { FhirAnswer, VendorSystem } from '../../src/cli/demo/vendor-system.ts';
import { readExample } from './test-hub.ts';

export const personnummerSystem = 'http://electronichealth.se/identifier/personnummer';

/** Published test identities (Skatteverket). */
export const persons = {
  astrid: '189002029800',
  bo: '195009072553',
  cecilia: '196101182803',
  david: '200302022389',
  eva: '199002222397',
  filip: '200001252386',
  greta: '189602029812',
  tolvan: '191212121212',
} as const;

interface Entry {
  readonly fullUrl: string;
  readonly resource: FhirResource;
  readonly request: { readonly method: string; readonly url: string; readonly ifNoneExist?: string };
}

export interface TransactionBundle {
  readonly resourceType: 'Bundle';
  readonly type: 'transaction' | 'batch';
  readonly entry: readonly Entry[];
}

/** A Bundle of `examples/`. */
export function readBundle(name: string): TransactionBundle {
  return JSON.parse(readExample(name)) as TransactionBundle;
}

/** A Patient that the profile accepts. */
export function patient(personnummer: string, changes: Readonly<Record<string, unknown>> = {}): FhirResource {
  return {
    resourceType: 'Patient',
    identifier: [{ use: 'official', system: personnummerSystem, value: personnummer }],
    name: [{ family: 'Öberg', given: ['Åsa', 'Märta'] }],
    gender: 'female',
    birthDate: '1940-03-14',
    ...changes,
  };
}

/** A main Goal about the person at `Patient/id`. */
export function goal(subject: string, changes: Readonly<Record<string, unknown>> = {}): FhirResource {
  return {
    resourceType: 'Goal',
    lifecycleStatus: 'active',
    category: [{ coding: [{ system: 'https://siphub.se/fhir/CodeSystem/sip-goal-kind', code: 'main-goal' }] }],
    description: { text: 'Jag vill bo kvar hemma.' },
    subject: { reference: subject },
    startDate: '2026-10-27',
    ...changes,
  };
}

/** A Consent that opens the data of `custodian` to `recipient` (both `Organization/id` or conditional). */
export function consent(subject: string, custodian: string, recipient: string): FhirResource {
  const example = readBundle('hip-fracture/1-region.json').entry.find(
    ({ resource }) => resource.resourceType === 'Consent',
  )?.resource;
  if (example === undefined) throw new Error('The example holds no Consent.');
  const role = { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'IRCP' }] };
  return {
    ...example,
    patient: { reference: subject },
    performer: [{ reference: subject }],
    organization: [{ reference: custodian }],
    provision: {
      type: 'permit',
      period: { start: '2026-10-07' },
      actor: [{ role, reference: { reference: recipient } }],
    },
  };
}

/** `Organization?identifier=…` of an HSA-id. */
export const organizationOf = (hsaId: string): string => `Organization?identifier=urn:oid:1.2.752.29.4.19|${hsaId}`;

/** `Type/id` of what a create or update gave. @throws where it was refused */
export function addressOf(answer: FhirAnswer): string {
  const address = /\/fhir\/([A-Z][A-Za-z]+\/[^/]+)\/_history\//.exec(answer.headers.get('location') ?? '')?.[1];
  if (address === undefined) throw new Error(`Not written: ${answer.status} ${answer.text}`);
  return address;
}

/** The fullUrl of an entry that has no address yet. */
export const urn = (number: number): string => `urn:uuid:00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

/** The extension that makes a Goal part of another. */
export function partOf(reference: string): Readonly<Record<string, unknown>> {
  const type = { coding: [{ system: 'https://siphub.se/fhir/CodeSystem/sip-goal-relation', code: 'part-of' }] };
  return {
    extension: [
      {
        url: 'http://hl7.org/fhir/StructureDefinition/goal-relationship',
        extension: [
          { url: 'type', valueCodeableConcept: type },
          { url: 'target', valueReference: { reference } },
        ],
      },
    ],
  };
}

/** An entry of a request. */
export interface RequestEntry {
  readonly fullUrl?: string;
  readonly resource?: unknown;
  readonly request?: Readonly<Record<string, unknown>>;
}

/** An entry that creates the resource; `more` is said of the request. */
export const creating = (
  resource: FhirResource,
  more: Readonly<Record<string, unknown>> = {},
  fullUrl?: string,
): RequestEntry => ({
  ...(fullUrl === undefined ? {} : { fullUrl }),
  resource,
  request: { method: 'POST', url: resource.resourceType, ...more },
});

/** Writes one resource and gives its address. */
export async function put(system: VendorSystem, resource: FhirResource): Promise<string> {
  return addressOf(await system.call({ method: 'POST', path: resource.resourceType, body: resource }));
}

/** The stable codes of an OperationOutcome's issues. */
export function codesOf(answer: { readonly body: unknown }): readonly string[] {
  return issuesOf(answer).map(({ code }) => code);
}

export interface Issue {
  readonly code: string;
  readonly expression: string | undefined;
  readonly diagnostics: string | undefined;
}

/** The issues of an OperationOutcome; none for any other body. */
export function issuesOf({ body }: { readonly body: unknown }): readonly Issue[] {
  const outcome = body as {
    readonly resourceType?: string;
    readonly issue?: readonly {
      readonly details?: { readonly coding?: readonly { readonly code?: string }[] };
      readonly expression?: readonly string[];
      readonly diagnostics?: string;
    }[];
  };
  if (outcome?.resourceType !== 'OperationOutcome') return [];
  return (outcome.issue ?? []).map(({ details, expression, diagnostics }) => ({
    code: details?.coding?.[0]?.code ?? '',
    expression: expression?.[0],
    diagnostics,
  }));
}

export interface BundleEntry {
  readonly fullUrl?: string;
  readonly resource?: FhirResource;
  readonly search?: { readonly mode?: string };
  readonly request?: { readonly method: string; readonly url: string };
  readonly response?: {
    readonly status?: string;
    readonly location?: string;
    readonly etag?: string;
    readonly lastModified?: string;
    readonly outcome?: FhirResource;
  };
}

/** The entries of a Bundle that was answered with. */
export function entriesOf({ body }: { readonly body: unknown }): readonly BundleEntry[] {
  return (body as { readonly entry?: readonly BundleEntry[] } | undefined)?.entry ?? [];
}

/** The address of a Bundle's link; undefined where it has none. */
export function linkOf({ body }: { readonly body: unknown }, relation: string): string | undefined {
  const links = (body as { readonly link?: readonly { readonly relation: string; readonly url: string }[] }).link ?? [];
  return links.find((link) => link.relation === relation)?.url;
}

/** The entries of a search, page after page. */
export async function searchAll(system: VendorSystem, path: string): Promise<readonly BundleEntry[]> {
  const entries: BundleEntry[] = [];
  for (let next: string | undefined = path; next !== undefined;) {
    const answer: FhirAnswer = await system.call({ method: 'GET', path: next });
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
    entries.push(...entriesOf(answer));
    next = linkOf(answer, 'next');
  }
  return entries;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Parsed JSON where the text is any. */
  readonly body: unknown;
}

export interface RawRequest {
  readonly method: string;
  /** With the leading slash, sent exactly so. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent in these pieces, without Content-Length where there are several. */
  readonly chunks?: readonly (string | Buffer)[];
}

/** A request as it stands, with any Host, method or body. */
export function sendRaw(origin: string, { method, path, headers = {}, chunks = [] }: RawRequest): Promise<RawAnswer> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const single = chunks.length === 1 ? { 'content-length': String(Buffer.byteLength(chunks[0] ?? '')) } : {};
    const sent = httpRequest({ hostname, port, method, path, headers: { ...single, ...headers }, agent: false });
    let isAnswered = false;
    sent.once('error', (error) => {
      if (!isAnswered) reject(error);
    });
    sent.once('response', (response) => {
      isAnswered = true;
      const received: Buffer[] = [];
      response.on('data', (chunk: Buffer) => void received.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const text = Buffer.concat(received).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: parse(text) });
      });
    });
    for (const chunk of chunks) sent.write(chunk);
    sent.end();
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
