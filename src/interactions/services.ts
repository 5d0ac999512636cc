// What an interaction is given to work with. Made once in app.ts; nothing here changes while the hub runs, but which `search` it is.
import type { Background } from '../core/background.ts';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { IdSource } from '../core/ids.ts';
import type { Principal } from '../access/principal.ts';
import type { Language } from '../fhir/outcome.ts';
import type { FindShapes } from '../fhir/element-shapes.ts';
import type { FhirResource } from '../fhir/resource.ts';
import type { FindTypePolicy } from '../access/compartment.ts';
import type { Mode } from './mode.ts';
import type { Operation } from './operation.ts';
import type { SearchLimits } from '../search/search-limits.ts';
import type { SearchRegistry } from '../search/registry.ts';
import type { Store } from '../store/store.ts';
import type { Validator } from '../validation/validator.ts';

export interface Limits extends SearchLimits {
  readonly bundleEntries: number;
  readonly patchOperations: number;
  readonly jsonDepth: number;
  readonly resourceBytes: number;
  readonly bundleBytes: number;
  /** Bulk exports that a client may have at once for one party, finished ones included. */
  readonly exportsAtOnce: number;
  readonly exportLifetimeMs: number;
  /** From this age a child's own view stands in a Consent (years). */
  readonly childViewAge: number;
}

export interface Services {
  readonly store: Store;
  /** The hub of plans, or a plain FHIR server. */
  readonly mode: Mode;
  /** What each JSON member of a type is. */
  readonly shapes: FindShapes;
  readonly validator: Validator;
  /** Canonical URLs of the loaded profiles of a resource type. */
  readonly profilesOf: (type: string) => readonly string[];
  /** The code systems of the hub's own and of loaded packages. */
  readonly codeSystems: readonly { readonly url: string; readonly version: string | undefined }[];
  /** As this process knows it at this moment; each is a value of its own that never changes. */
  readonly search: SearchRegistry;
  /** Looks into the database whether `search` still holds; true where it is another now. */
  readonly renewSearch: () => Promise<boolean>;
  readonly operations: readonly Operation[];
  /** Rewrites aliases of identifier and code systems in place to the form the hub stores. */
  readonly normalizeSystems: (resource: FhirResource) => void;
  /** The first form of a system's alias, or the system itself. */
  readonly canonicalSystem: (system: string) => string;
  readonly clock: Clock;
  readonly ids: IdSource;
  /** `https://hub.example/fhir`, without a trailing slash. */
  readonly baseUrl: string;
  readonly limits: Limits;
  /** Of this software, and when this process started: said in the CapabilityStatement. */
  readonly version: string;
  readonly startedAt: Date;
  /** 32 bytes that only this hub has: person ids are derived with it. */
  readonly hubKey: Buffer;
  /** Does work that no request waits for: one piece of work of a name at a time in this process. */
  readonly background: Background;
  readonly log: Log;
  /** Seals page links (search/cursor.ts). */
  readonly cursorKey: Buffer;
}

/** One request, seen from inside: who asks, and what was said in headers that matters to any interaction. */
export interface RequestContext {
  readonly principal: Principal;
  readonly requestId: string;
  /** Of the mode: what `decide` judges types by. */
  readonly findTypePolicy: FindTypePolicy;
  /** `Prefer: return=`; undefined where not said. */
  readonly preferReturn: 'minimal' | 'representation' | 'OperationOutcome' | undefined;
  /** Of the words in an OperationOutcome. */
  readonly language: Language;
  /** `Prefer: handling=lenient` */
  readonly isLenient: boolean;
  /** `Prefer: respond-async` */
  readonly isAsync: boolean;
}

/** What goes back. `body` is JSON text, ready to send. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** Instead of a body: text in pieces, each made when the one before it has been taken. */
  readonly stream?: AsyncIterable<string>;
  /** `application/fhir+json` where nothing else is said. */
  readonly contentType?: string;
}
