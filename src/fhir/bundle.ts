// Bundles that the hub answers with, joined from the bodies' own text: nothing is parsed, so no digit changes and no time is lost.
// https://hl7.org/fhir/R4/bundle.html

export interface BundleLink {
  readonly relation: 'self' | 'previous' | 'next';
  readonly url: string;
}

export interface SearchsetEntry {
  /** Absolute, without version. */
  readonly fullUrl: string;
  /** The resource's exact JSON text. */
  readonly body: string;
  readonly mode: 'match' | 'include' | 'outcome';
}

export interface HistoryEntry {
  readonly fullUrl: string;
  /** undefined for a deletion. */
  readonly body: string | undefined;
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `Type` for POST, else `Type/id`. */
  readonly url: string;
  /** `201`, `200` or `204`. */
  readonly status: string;
  /** As in the header: `W/"version"`. */
  readonly etag: string;
  /** FHIR instant. */
  readonly lastModified: string;
}

export interface ResponseEntry {
  readonly fullUrl?: string;
  /** The resource's text, where the caller asked for it. */
  readonly body?: string;
  /** As on the status line: `201 Created`. */
  readonly status: string;
  readonly location?: string;
  readonly etag?: string;
  readonly lastModified?: string;
  /** The text of an OperationOutcome. */
  readonly outcome?: string;
}

/** A page of search results. `total` counts matches, not includes. */
export function toSearchset(page: {
  readonly links: readonly BundleLink[];
  readonly total: number | undefined;
  readonly entries: readonly SearchsetEntry[];
}): string {
  const entries = page.entries.map((entry) =>
    objectOf({ fullUrl: JSON.stringify(entry.fullUrl), resource: entry.body, search: `{"mode":"${entry.mode}"}` }),
  );
  return bundle('searchset', { total: page.total, links: page.links, entries });
}

/** A page of versions, newest first. */
export function toHistory(page: {
  readonly links: readonly BundleLink[];
  readonly total: number | undefined;
  readonly entries: readonly HistoryEntry[];
}): string {
  const entries = page.entries.map((entry) =>
    objectOf({
      fullUrl: JSON.stringify(entry.fullUrl),
      resource: entry.body,
      request: JSON.stringify({ method: entry.method, url: entry.url }),
      response: JSON.stringify({ status: entry.status, etag: entry.etag, lastModified: entry.lastModified }),
    }),
  );
  return bundle('history', { total: page.total, links: page.links, entries });
}

/** The answer to a transaction or batch, its entries in the order of the request. */
export function toResponseBundle(
  type: 'transaction-response' | 'batch-response',
  entries: readonly ResponseEntry[],
): string {
  const texts = entries.map((entry) => {
    const { status, location, etag, lastModified, outcome } = entry;
    const response = JSON.stringify({ status, location, etag, lastModified });
    return objectOf({
      fullUrl: entry.fullUrl === undefined ? undefined : JSON.stringify(entry.fullUrl),
      resource: entry.body,
      response: outcome === undefined ? response : `${response.slice(0, -1)},"outcome":${outcome}}`,
    });
  });
  return bundle(type, { entries: texts });
}

function bundle(
  type: string,
  parts: {
    readonly total?: number | undefined;
    readonly links?: readonly BundleLink[];
    readonly entries: readonly string[];
  },
): string {
  const { total, links = [], entries } = parts;
  return objectOf({
    resourceType: '"Bundle"',
    type: JSON.stringify(type),
    total: total === undefined ? undefined : String(total),
    link: links.length === 0 ? undefined : JSON.stringify(links),
    // FHIR has no empty arrays.
    entry: entries.length === 0 ? undefined : `[${entries.join(',')}]`,
  });
}

/** An object from texts that are JSON already; undefined members are left out. */
function objectOf(texts: Readonly<Record<string, string | undefined>>): string {
  const members = Object.entries(texts).flatMap(([name, text]) => (text === undefined ? [] : [`"${name}":${text}`]));
  return `{${members.join(',')}}`;
}
