// The look through the log finds what is planted, and lets through what is harmless.
import { expect, test } from 'vitest';
import { findLogSecrets } from './log-secrets.ts';

test.each([
  ['{"detail":"Patient 191212121212"}', 'a personal number'],
  ['{"detail":"identifier=http://x|191212121212&_count=1"}', 'a personal number'],
  ['{"detail":"identifier=x%7C191212121212"}', 'a personal number'],
  ['{"detail":"line one\\n191212121212"}', 'a personal number'],
  ['{"detail":"19121212-1212"}', 'a personal number'],
  ['{"detail":"121212+1212"}', 'a personal number'],
  ['{"detail":"samordningsnummer 197010632391"}', 'a personal number'],
  ['{"detail":"eyJhbGciOiJFUzM4NCJ9.eyJpc3MiOiJ4In0.c2ln"}', 'a token'],
  ['{"detail":"authorization: bearer abcdefghijkl"}', 'a token'],
  ['{"detail":"-----BEGIN EC PRIVATE KEY-----"}', 'a private key'],
  [JSON.stringify({ detail: JSON.stringify({ kty: 'EC', d: 'c2VjcmV0c2VjcmV0c2VjcmV0' }) }), 'a private key'],
  ['{"detail":"one\ntwo"}', 'a control character'],
  ['{"detail":"\u009b31m"}', 'a control character'],
  ['{"detail":"\u202eabc"}', 'a control character'],
])('%j holds %s', (line, found) => {
  expect(findLogSecrets(line)).toEqual([found]);
});

test.each([
  '{"at":"2026-11-28T00:14:58.069Z","level":"info","event":"ready","publicUrl":"http://127.0.0.1:46269"}',
  '{"requestId":"01a21f77-6a78-7f88-8bb2-191212121212"}',
  '{"detail":"SE2321000024-1020"}',
  '{"detail":"line one\\nline two\\u001b[31m"}',
  '{"detail":"Begärt: å, ä, ö"}',
])('%j holds nothing', (line) => {
  expect(findLogSecrets(line)).toEqual([]);
});
