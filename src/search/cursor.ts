// Page links: where the next page starts, sealed, so that a link tells nothing of what was asked or found and cannot be altered.
// AES-256-GCM (NIST SP 800-38D) with a random nonce; the scope (what is paged) is authenticated with it.
// Opening checks nothing of access: the page is fetched under the permit of the one who follows the link.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { problem } from '../core/problem.ts';
import type { CursorPosition } from './query.ts';

export interface Cursor<Position> {
  /** The search or history parameters, without the page. */
  readonly query: string;
  readonly position: Position;
}

export interface HistoryPosition {
  readonly lastUpdatedMs: number;
  readonly versionId: string;
}

const cipher = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

/** The key for page links, from the hub's own key (32 bytes), so that neither use can weaken the other. */
export function deriveCursorKey(hubKey: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', hubKey, '', 'sip-hub page link 1', 32));
}

/** The text of `_page`. `scope` says what is paged: `search CarePlan`, `history CarePlan/1`. */
export function sealCursor(key: Buffer, scope: string, cursor: Cursor<CursorPosition | HistoryPosition>): string {
  const nonce = randomBytes(nonceBytes);
  const sealing = createCipheriv(cipher, key, nonce).setAAD(Buffer.from(scope));
  const sealed = [sealing.update(JSON.stringify([cursor.query, cursor.position]), 'utf8'), sealing.final()];
  return Buffer.concat([nonce, ...sealed, sealing.getAuthTag()]).toString('base64url');
}

/** @throws search-cursor-invalid when the link was altered, is for another scope or from another hub */
export function openSearchCursor(key: Buffer, scope: string, sealed: string): Cursor<CursorPosition> {
  const { query, position } = openCursor(key, scope, sealed);
  if (!('values' in position)) throw problem('search-cursor-invalid');
  return { query, position };
}

/** @throws search-cursor-invalid when the link was altered, is for another scope or from another hub */
export function openHistoryCursor(key: Buffer, scope: string, sealed: string): Cursor<HistoryPosition> {
  const { query, position } = openCursor(key, scope, sealed);
  if (!('versionId' in position)) throw problem('search-cursor-invalid');
  return { query, position };
}

function openCursor(key: Buffer, scope: string, sealed: string): Cursor<CursorPosition | HistoryPosition> {
  const bytes = Buffer.from(sealed, 'base64url');
  // Only the exact text that was given: base64 has several spellings of the same bytes.
  if (bytes.length < nonceBytes + tagBytes || bytes.toString('base64url') !== sealed)
    throw problem('search-cursor-invalid');
  try {
    const opening = createDecipheriv(cipher, key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes }).setAAD(
      Buffer.from(scope),
    );
    opening.setAuthTag(bytes.subarray(-tagBytes));
    const text = opening.update(bytes.subarray(nonceBytes, -tagBytes), undefined, 'utf8') + opening.final('utf8');
    // What is sealed was written by sealCursor: the tag has just proved it.
    const [query, position] = JSON.parse(text) as [string, CursorPosition | HistoryPosition];
    return { query, position };
  } catch (error) {
    throw problem('search-cursor-invalid', { cause: error });
  }
}
