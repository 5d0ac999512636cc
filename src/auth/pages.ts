// The pages a person meets at the authorization server, as values: the portal writes their HTML. And how they are sent.
// https://owasp.org/www-project-secure-headers/ · https://www.w3.org/TR/CSP3/
// Refuses to be framed, kept, sniffed, to run script, and to send forms elsewhere than to the hub and the app that asked.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ScopeAction } from '../access/scopes.ts';
import { chooseLanguage, type Language } from '../fhir/outcome.ts';

export interface LogInView {
  readonly appName: string;
  /** Where the form goes. */
  readonly action: string;
  /** Persons to choose among while developing. */
  readonly persons: readonly { readonly value: string; readonly name: string; readonly number: string }[];
  /** Where one may log in. */
  readonly providers: readonly { readonly href: string; readonly name: string }[];
}

export interface ApprovalView {
  readonly appName: string;
  readonly action: string;
  /** Where the person is sent afterwards: a host, or the scheme of a program on the device. */
  readonly leadsTo: string;
  readonly rights: readonly { readonly type: string; readonly actions: readonly ScopeAction[] }[];
  /** When the app's access ends at the latest. */
  readonly endsAt: Date;
  readonly logOutPage: string;
}

/** Why there is no more to do on this page. */
export type MessageKind =
  | 'expired'
  | 'refused'
  | 'failed'
  | 'throttled'
  | 'logged-out'
  | 'log-in-failed'
  | 'claim-missing';

export interface MessageView {
  readonly kind: MessageKind;
  /** For whoever is asked for help: a sentence in English, or the name of what was missing. */
  readonly detail: string | undefined;
}

export interface Pages {
  /** The one style sheet, as a source of Content-Security-Policy: `'sha256-…'`. */
  readonly styleSource: string;
  readonly logIn: (view: LogInView, language: Language) => string;
  readonly approval: (view: ApprovalView, language: Language) => string;
  readonly logOut: (view: { readonly action: string }, language: Language) => string;
  readonly message: (view: MessageView, language: Language) => string;
}

/** English where it is asked for and preferred; Swedish otherwise. */
export function choosePageLanguage(request: IncomingMessage): Language {
  const accepted = request.headers['accept-language'];
  return chooseLanguage(accepted) === 'en' && /(?:^|[\s,])en\b/i.test(accepted ?? '') ? 'en' : 'sv';
}

/** What goes with every page. `formTargets`: where a form may lead beside the hub itself. */
export function toPageHeaders(pages: Pages, formTargets: readonly string[] = []): Readonly<Record<string, string>> {
  const forms = ["'self'", ...formTargets].join(' ');
  return {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': `default-src 'none'; style-src ${pages.styleSource}; form-action ${forms}; base-uri 'none'; frame-ancestors 'none'`,
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cross-origin-opener-policy': 'same-origin',
  };
}

const statusOf: Readonly<Record<MessageKind, number>> = {
  expired: 400,
  refused: 400,
  failed: 503,
  throttled: 429,
  'logged-out': 200,
  'log-in-failed': 400,
  'claim-missing': 400,
};

/** Sends a page that ends here. */
export function sendMessage(
  pages: Pages,
  exchange: { readonly request: IncomingMessage; readonly response: ServerResponse },
  view: MessageView,
): void {
  const { request, response } = exchange;
  response.writeHead(statusOf[view.kind], { ...toPageHeaders(pages) });
  response.end(pages.message(view, choosePageLanguage(request)));
}

const maxFormBytes = 10_000;

/** The fields of a form that a page of the hub's own sent; undefined for one from elsewhere, too large or of another type. */
export async function readOwnForm(request: IncomingMessage): Promise<URLSearchParams | undefined> {
  // Browsers say so themselves; older ones leave it out, and there the cookie's SameSite stands alone.
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') return undefined;
  if (!/^application\/x-www-form-urlencoded\b/i.test(request.headers['content-type'] ?? '')) return undefined;
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > maxFormBytes) return undefined;
    pieces.push(piece);
  }
  return new URLSearchParams(Buffer.concat(pieces).toString('utf8'));
}
