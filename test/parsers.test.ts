// Whatever comes from outside, in every parser that meets it first: it gives a value, says what is wrong in the way it declares, or
// throws the error it declares; and never in another way, nor without end. Texts are made up, cut from good ones, and very long ones.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseScopes } from '../src/access/scopes.ts';
import { readAssertion } from '../src/auth/assertion.ts';
import { readIuaClaims } from '../src/auth/iua-claims.ts';
import { parseOrganizationIdentifier } from '../src/auth/organization-identifier.ts';
import { ConfigError, readConfig } from '../src/config.ts';
import { createIdSource } from '../src/core/ids.ts';
import { Problem } from '../src/core/problem.ts';
import { matchesETag, requireIfMatch } from '../src/fhir/etag.ts';
import { parseTimeSpan } from '../src/fhir/instant.ts';
import { parseJson } from '../src/fhir/json.ts';
import { parsePatchPath, PatchPathError } from '../src/fhir/patch-path.ts';
import { parseReference, typeOfReference } from '../src/fhir/reference.ts';
import { chooseRequestId } from '../src/http/choose-request-id.ts';
import { requireAcceptable, requireFormContent, requireJsonContent } from '../src/http/negotiate.ts';
import { parsePrefer } from '../src/http/prefer.ts';
import { callerAddress } from '../src/http/rate-limits.ts';
import { openAuditEventId } from '../src/interactions/audit-event-id.ts';
import { parseBundle } from '../src/interactions/bundle-entry.ts';
import { parseTarget } from '../src/interactions/target.ts';
import { openHistoryCursor, openSearchCursor } from '../src/search/cursor.ts';
import { parseExpression } from '../src/search/extract/expression.ts';
import { splitEscaped, unescapeValue } from '../src/search/parse/split-values.ts';
import { hasCodeForm } from '../src/terminology/code-formats.ts';
import { findIdentifierFault } from '../src/validation/identifiers.ts';
import { findNarrativeFault } from '../src/validation/narrative.ts';
import { isRealDate } from '../src/validation/primitives.ts';

type Declared = abstract new (...given: never) => Error;

interface Parser {
  readonly parse: (text: string) => unknown;
  /** Good texts, from which others are cut. */
  readonly good: readonly string[];
  readonly throws?: Declared;
  /** What it takes is sealed with a key: no text that stands here is read. */
  readonly readsNone?: true;
}

const key = Buffer.alloc(32, 7);
const now = new Date('2026-11-28T12:00:00Z');
const audiences = new Set(['https://hub.example/oauth/token']);
const hsaIds = ['SE2321000024-1020', '232100-0024', 'urn:oid:1.2.752.29.4.19#SE2321000024-1020'];

const parsers: Readonly<Record<string, Parser>> = {
  'the address of a request': {
    parse: (text) => parseTarget('GET', text),
    good: ['CarePlan/1/_history/2', 'Patient/1/$everything', 'Patient/1/*', '_search'],
    throws: Problem,
  },
  'If-Match': { parse: requireIfMatch, good: ['W/"abc"', '"a-1.2"'], throws: Problem },
  'If-None-Match': { parse: (text) => matchesETag(text, 'abc'), good: ['W/"abc", "d"', '*'] },
  Prefer: { parse: parsePrefer, good: ['return=minimal; handling=lenient, respond-async'] },
  Accept: { parse: (text) => requireAcceptable(text, undefined), good: ['text/html, */*;q=0.1'], throws: Problem },
  _format: { parse: (text) => requireAcceptable(undefined, text), good: ['application/fhir+json'], throws: Problem },
  'Content-Type of a body': {
    parse: requireJsonContent,
    good: ['application/fhir+json; charset=utf-8; fhirVersion=4.0'],
    throws: Problem,
  },
  'Content-Type of a form': { parse: requireFormContent, good: ['application/x-www-form-urlencoded'], throws: Problem },
  'X-Request-Id': { parse: (text) => chooseRequestId(text, createIdSource()), good: ['order.7_b-3'] },
  'X-Forwarded-For': {
    parse: (text) => callerAddress({ headers: { 'x-forwarded-for': text }, socket: {} as never }, 1),
    good: ['192.0.2.1:5678, [2001:db8::1]:443', '::ffff:192.0.2.1'],
  },
  scopes: { parse: parseScopes, good: ['system/CarePlan.rs system/*.cruds'] },
  'an organization in an assertion': { parse: parseOrganizationIdentifier, good: hsaIds },
  'the claims of an assertion': {
    parse: (text) =>
      readAssertion({ header: { kid: text }, claims: { aud: text, jti: text, exp: 0 } }, { audiences, now }),
    good: ['https://hub.example/oauth/token'],
  },
  'who is at work': {
    parse: (text) => readIuaClaims({ extensions: { ihe_iua: { purpose_of_use: [{ system: text, code: text }] } } }),
    good: ['http://terminology.hl7.org/CodeSystem/v3-ActReason'],
  },
  'a body': {
    parse: (text) => parseJson(text, { maxDepth: 20 }),
    good: ['{"resourceType":"Goal","a":[1e3,-0.0,null,{"b":"\\u00e5\\n"}]}', '[[[[1]]]]'],
    throws: Problem,
  },
  'a Bundle': {
    parse: (text) =>
      parseBundle(
        { resourceType: 'Bundle', type: 'batch', entry: [{ request: { method: 'GET', url: text } }] },
        { bundleEntries: 5 },
      ),
    good: ['Patient?identifier=a|b', 'Goal/1'],
    throws: Problem,
  },
  'a date': { parse: parseTimeSpan, good: ['2026-11-28T12:00:00.123456789+01:00', '2026-02-30', '2026'] },
  'a date in a resource': { parse: isRealDate, good: ['2026-02-28', '2024-02-29T10:00:00Z'] },
  'a reference': {
    parse: (text) => [parseReference(text, 'https://hub.example/fhir'), typeOfReference(text)],
    good: ['https://hub.example/fhir/Patient/1/_history/2', 'Patient?identifier=a|b', 'urn:uuid:1', '#a'],
  },
  'the path of a patch': {
    parse: parsePatchPath,
    good: ["Goal.note.where(text = 'a').first().text", 'Patient.name[0].given[1]', 'Goal.extension(%x)'],
    throws: PatchPathError,
  },
  'the expression of a search parameter': {
    parse: parseExpression,
    good: [
      'Goal.note.where(resolve() is Patient).text | (Goal.a as Reference)',
      "Patient.telecom.where(system='phone')",
    ],
  },
  'values of a search': {
    parse: (text) => splitEscaped(text, ',').map((part) => unescapeValue(part)),
    good: ['a\\,b,c|d\\|e', '\\\\,\\$'],
  },
  'a page link': {
    parse: (text) => openSearchCursor(key, 'search Goal', text),
    good: ['AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
    throws: Problem,
    readsNone: true,
  },
  'a page link of a history': {
    parse: (text) => openHistoryCursor(key, 'history Goal', text),
    good: ['AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
    throws: Problem,
    readsNone: true,
  },
  'the id of an AuditEvent': {
    parse: (text) => openAuditEventId(key, text),
    good: ['00112233445566778899aabbccddeeff'],
  },
  'a personal number': {
    parse: (text) => findIdentifierFault('http://electronichealth.se/identifier/personnummer', text),
    good: ['191212121212', '195009072553'],
  },
  'an HSA-id': { parse: (text) => findIdentifierFault('urn:oid:1.2.752.29.4.19', text), good: hsaIds },
  'an ICF code': {
    parse: (text) => hasCodeForm('http://hl7.org/fhir/sid/icf', text),
    good: ['d450', 'b28013', 'd450-d469'],
  },
  'a narrative': {
    parse: findNarrativeFault,
    good: ['<div xmlns="http://www.w3.org/1999/xhtml"><p title="a">b &amp; <b>c</b><br/></p></div>'],
  },
  'an address among the settings': {
    parse: (text) => readConfig({ SIP_HUB_PUBLIC_URL: text }),
    good: ['https://hub.example'],
    throws: ConfigError,
  },
  'a number among the settings': { parse: (text) => readConfig({ PORT: text }), good: ['8080'], throws: ConfigError },
};

/** Cut, doubled and mixed with signs that mean something to somebody. */
function mutated(good: readonly string[]): fc.Arbitrary<string> {
  const sign = fc.constantFrom(
    '',
    '"',
    "'",
    '\\',
    '/',
    '|',
    ',',
    '(',
    ')',
    '[',
    '{',
    '<',
    '&',
    '\0',
    '\ud800',
    '%',
    '-',
    '.',
    ' ',
  );
  return fc
    .tuple(fc.constantFrom(...good), fc.nat(80), fc.nat(80), sign, sign)
    .map(([text, from, to, one, other]) => `${text.slice(0, from)}${one}${text.slice(to)}${other}`);
}

/** A piece of a good text, so often that what looks back over it would never end. */
function long(good: readonly string[]): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...good), fc.nat(60), fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 8_000 }))
    .map(([text, from, size, times]) => text.slice(from, from + size).repeat(times));
}

describe.each(Object.entries(parsers))('%s', (_name, { parse, good, throws, readsNone }) => {
  test('is read, or refused as declared, whatever it holds', () => {
    const texts = fc.oneof(fc.string({ unit: 'binary' }), mutated(good), long(good));
    fc.assert(
      fc.property(texts, (text) => {
        try {
          parse(text);
        } catch (error) {
          if (throws === undefined || !(error instanceof throws)) throw error;
          if (error instanceof Problem) expect(error.status).toBeLessThan(500);
        }
      }),
      { numRuns: 400 },
    );
  });

  test('reads a good text, or refuses it as declared', () => {
    const outcomes = good.map((text) => {
      try {
        parse(text);
        return 'read';
      } catch (error) {
        return error instanceof Error ? error.constructor.name : 'thrown';
      }
    });
    expect(outcomes.includes('read')).toBe(readsNone !== true);
    expect(outcomes.every((outcome) => outcome === 'read' || outcome === throws?.name)).toBe(true);
  });
});
