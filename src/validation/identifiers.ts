// Swedish identifiers: dates and check digits. Personnummer, samordningsnummer, reserve numbers, organisationsnummer, HSA-id.
// Specification: sip.md §3; Skatteverket SKV 704, SKV 707. Answers never repeat the number.
import { canonicalSystem } from '../terminology/system-aliases.ts';
import { isRealDate } from './primitives.ts';

type Fault = (value: string) => string | undefined;

/** True when the digits' Luhn sum (weights 2, 1, 2, … from the left, ten digits) ends in 0. */
export function hasLuhnDigit(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const product = Number(digits[index]) * ((digits.length - index) % 2 === 0 ? 2 : 1);
    sum += product > 9 ? product - 9 : product;
  }
  return sum % 10 === 0;
}

/** Twelve digits with a real birth date; `dayOffset` is 60 in a samordningsnummer, whose day may also be unknown (60). */
const person =
  (name: string, dayOffset: 0 | 60): Fault =>
  (value) => {
    if (!/^(?:18|19|20)\d{10}$/.test(value))
      return `A ${name} has 12 digits, YYYYMMDDNNNN, without a separator. Send it in that form.`;
    const day = Number(value.slice(6, 8)) - dayOffset;
    const date = `${value.slice(0, 4)}-${value.slice(4, 6)}-${String(day).padStart(2, '0')}`;
    if (!isRealDate(date))
      return `The first 8 digits of the ${name} are not a date${dayOffset === 60 ? ' with 60 added to the day' : ''}. Correct it.`;
    return hasLuhnDigit(value.slice(2)) ? undefined : `The check digit of the ${name} is wrong. Correct it.`;
  };

const organization: Fault = (value) => {
  if (!/^\d{10}$/.test(value)) return 'An organisationsnummer has 10 digits without a separator. Send it in that form.';
  if (Number(value[2]) < 2)
    return 'The third digit of an organisationsnummer is at least 2. A sole trader has a personnummer: use its system.';
  return hasLuhnDigit(value) ? undefined : 'The check digit of the organisationsnummer is wrong. Correct it.';
};

const shape =
  (regex: RegExp, fault: string): Fault =>
  (value) =>
    regex.test(value) ? undefined : fault;

const checks: ReadonlyMap<string, Fault> = new Map([
  ['http://electronichealth.se/identifier/personnummer', person('personnummer', 0)],
  ['http://electronichealth.se/identifier/samordningsnummer', person('samordningsnummer', 60)],
  [
    'http://electronichealth.se/identifier/nationelltReservnummer',
    // The letters are 21 of the alphabet (no I, O, Q, V, W). How the check character is made is not published.
    shape(
      /^\d{8}(?:[A-HJ-NPR-UX-Z]{2}\d[\dA-Z]|[A-HJ-NPR-UX-Z]{3}\d|[A-HJ-NPR-UX-Z]\d{3})$/,
      'A national reserve number has 8 digits and 4 letters or digits, without a separator. Correct it.',
    ),
  ],
  ['urn:oid:2.5.4.97', organization],
  [
    'urn:oid:1.2.752.29.4.19',
    shape(
      /^SE\d{10}-[A-Za-z0-9]{1,18}$/,
      'An HSA-id is SE, 10 digits, a hyphen and 1 to 18 letters or digits. Correct it.',
    ),
  ],
]);

/** What is wrong with the value of an identifier of this system (or an alias of it); undefined for systems without a rule. */
export function findIdentifierFault(system: string, value: string): string | undefined {
  return checks.get(canonicalSystem(system))?.(value);
}
