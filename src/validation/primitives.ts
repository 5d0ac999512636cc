// The primitive data types: which JSON they are, and which values they take.
// https://hl7.org/fhir/R4/datatypes.html#primitive
// A check answers what is wrong in words that end "…" and never repeat the value, or undefined when nothing is.

export interface PrimitiveType {
  readonly json: 'string' | 'number' | 'boolean';
  /** Called with a value of the right JSON type only. */
  readonly fault: (value: never) => string | undefined;
  /** What the specification says should not be, of a value without fault. */
  readonly doubt?: (value: string) => string | undefined;
}

const largestString = 1_048_576;

const text = (fault: (value: string) => string | undefined): PrimitiveType => ({
  json: 'string',
  fault: (value: string) =>
    value === ''
      ? 'must not be empty; leave the element out'
      : value.length > largestString
        ? 'is longer than 1 048 576 characters'
        : fault(value),
});

const pattern = (regex: RegExp, fault: string): PrimitiveType =>
  text((value) => (regex.test(value) ? undefined : fault));

const whole = (lowest: number): PrimitiveType => ({
  json: 'number',
  fault: (value: number) =>
    Number.isInteger(value) && value >= lowest && value <= 2_147_483_647
      ? undefined
      : `must be a whole number from ${lowest} to 2147483647`,
});

// oxlint-disable-next-line no-control-regex -- the control characters are what is refused
const controlCharacter = /[\u0000-\u0008\u000B\u000C\u000E-\u001F]/;
const words: PrimitiveType = {
  ...text((value) => (controlCharacter.test(value) ? 'holds a control character' : undefined)),
  doubt: (value) => (blank.test(value) ? 'holds white space only; leave the element out' : undefined),
};
const blank = /^\s*$/;

const activeScheme = /^(?:javascript|vbscript):/i;
const uri = text((value) => {
  if (/\s/.test(value)) return 'must be a URI without white space';
  if (activeScheme.test(value)) return 'must not be an address that runs a script';
  // A fragment is part of the URI, not of the OID: meta.source names the party by one.
  if (value.startsWith('urn:oid:'))
    return oidPattern.test(value.split('#', 1)[0] ?? '') ? undefined : 'must be an OID such as urn:oid:1.2.752.29.4.19';
  if (/^urn:uuid:/i.test(value))
    return uuidPattern.test(value) ? undefined : 'must be a UUID such as urn:uuid:c757873d-ec9a-4326-a141-556f43239520';
  return undefined;
});
const oidPattern = /^urn:oid:[0-2](?:\.(?:0|[1-9]\d*))+$/;
const uuidPattern = /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const datePattern = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/;
const clock = String.raw`(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d{1,9})?`;
const zone = String.raw`(?:Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))`;
const instantPattern = new RegExp(`^(\\d{4}-\\d{2}-\\d{2})T${clock}${zone}$`);

/** True for YYYY, YYYY-MM and YYYY-MM-DD that stand in the calendar. */
export function isRealDate(value: string): boolean {
  const match = datePattern.exec(value);
  if (match === null) return false;
  const year = Number(match[1]);
  const month = match[2] === undefined ? 1 : Number(match[2]);
  const day = match[3] === undefined ? 1 : Number(match[3]);
  return year > 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

const isInstant = (value: string): boolean => {
  const date = instantPattern.exec(value)?.[1];
  return date !== undefined && isRealDate(date);
};

const notBase64 = /[^A-Za-z0-9+/]/;

function isBase64(value: string): boolean {
  const packed = value.replace(/\s+/g, '');
  const padding = packed.endsWith('==') ? 2 : packed.endsWith('=') ? 1 : 0;
  return packed.length > 0 && packed.length % 4 === 0 && !notBase64.test(packed.slice(0, packed.length - padding));
}

const base64: PrimitiveType = {
  json: 'string',
  fault: (value: string) => (isBase64(value) ? undefined : 'must be base64'),
};

/** By name of the FHIR type. xhtml is checked in narrative.ts. */
export const primitiveTypes: ReadonlyMap<string, PrimitiveType> = new Map<string, PrimitiveType>([
  ['boolean', { json: 'boolean', fault: () => undefined }],
  ['integer', whole(-2_147_483_648)],
  ['unsignedInt', whole(0)],
  ['positiveInt', whole(1)],
  [
    'decimal',
    {
      json: 'number',
      fault: (value: number) => (Number.isFinite(value) ? undefined : 'is larger than a decimal can be'),
    },
  ],
  ['string', words],
  ['markdown', words],
  ['code', pattern(/^[^\s]+(?:\s[^\s]+)*$/, 'must be a code: no white space at the ends, single spaces inside')],
  ['id', pattern(/^[A-Za-z0-9\-.]{1,64}$/, 'must be 1 to 64 of the characters A-Z a-z 0-9 - .')],
  ['uri', uri],
  ['url', uri],
  ['canonical', uri],
  ['oid', pattern(oidPattern, 'must be an OID such as urn:oid:1.2.752.29.4.19')],
  ['uuid', pattern(uuidPattern, 'must be a UUID such as urn:uuid:c757873d-ec9a-4326-a141-556f43239520')],
  ['base64Binary', base64],
  [
    'date',
    text((value) => (isRealDate(value) ? undefined : 'must be a date of the calendar: YYYY, YYYY-MM or YYYY-MM-DD')),
  ],
  [
    'dateTime',
    text((value) =>
      isRealDate(value) || isInstant(value)
        ? undefined
        : 'must be a date of the calendar, with seconds and zone where a time is given: 2026-03-01T09:30:00+01:00',
    ),
  ],
  [
    'instant',
    text((value) =>
      isInstant(value)
        ? undefined
        : 'must be an instant of the calendar with seconds and zone: 2026-03-01T09:30:00.000+01:00',
    ),
  ],
  ['time', pattern(new RegExp(`^${clock}$`), 'must be a time: hh:mm:ss')],
]);
