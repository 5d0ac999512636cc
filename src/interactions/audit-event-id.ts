// The id of an AuditEvent: which row of the log and which person of the row, as one block of AES-256 (FIPS 197) under a key of the hub's
// own. So no id is stored, and none tells how many rows the log has, or who else a row is about. Opening one gives no right to see it.
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import type { AuditEventPlace } from '../store/audit-event.ts';

/** The key for these ids, from the hub's own key (32 bytes). */
export function deriveAuditEventKey(hubKey: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', hubKey, '', 'sip-hub audit event id 1', 32));
}

/** One block by itself needs no chaining. */
const cipher = 'aes-256-ecb';
const blockBytes = 16;

/** 32 digits, hexadecimal. */
export function sealAuditEventId(key: Buffer, { seq, ordinal }: AuditEventPlace): string {
  const block = Buffer.alloc(blockBytes);
  block.writeBigUInt64BE(BigInt(seq), 0);
  block.writeUInt32BE(ordinal, 8);
  const sealing = createCipheriv(cipher, key, null).setAutoPadding(false);
  return Buffer.concat([sealing.update(block), sealing.final()]).toString('hex');
}

/** undefined where the hub has made no such id. */
export function openAuditEventId(key: Buffer, id: string): AuditEventPlace | undefined {
  if (!/^[0-9a-f]{32}$/.test(id)) return undefined;
  const opening = createDecipheriv(cipher, key, null).setAutoPadding(false);
  const block = Buffer.concat([opening.update(Buffer.from(id, 'hex')), opening.final()]);
  const seq = Number(block.readBigUInt64BE(0));
  if (block.readUInt32BE(12) !== 0 || !Number.isSafeInteger(seq)) return undefined;
  const ordinal = block.readUInt32BE(8);
  // What does not fit into the log's columns stands in no row.
  return ordinal < 2 ** 31 ? { seq, ordinal } : undefined;
}
