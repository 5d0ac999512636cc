// What an assertion and an access token say of the organization, the person at it and the purpose: `extensions.ihe_iua`.
// https://profiles.ihe.net/ITI/IUA/ §3.71.4.1.2.1.1 · Refuses a claim that is there and not of its form; leaves other claims alone.
import type { CodedText } from '../access/principal.ts';

export interface IuaClaims {
  /** `subject_organization_id` as written; undefined where it is left out. */
  readonly organization: string | undefined;
  /** `national_provider_identifier`: the HSA-id of who is at work. */
  readonly staffId: string | undefined;
  /** `subject_role` */
  readonly roles: readonly CodedText[];
  /** `purpose_of_use` */
  readonly purposes: readonly CodedText[];
}

const mostCodes = 5;
const hsaIdForm = /^SE\d{10}-[A-Za-z0-9]{1,18}$/;
/** Printable ASCII but `|`: it goes into the log and into settings of the database. */
const wordForm = /^[\x21-\x7b\x7d\x7e]{1,200}$/;
/** What looks like a personal number never comes into the log. */
const personalNumber = /(?:18|19|20)\d{10}/;

/** The claims, or a sentence that says what is wrong with them. */
export function readIuaClaims(claims: Readonly<Record<string, unknown>>): IuaClaims | string {
  const iua = findObject(findObject(claims, 'extensions'), 'ihe_iua');
  if (iua === null) return 'extensions.ihe_iua must be an object.';
  const { subject_organization_id: organization, national_provider_identifier: staffId } = iua;
  if (organization !== undefined && (typeof organization !== 'string' || organization === ''))
    return 'extensions.ihe_iua.subject_organization_id must be a text.';
  if (
    staffId !== undefined &&
    (typeof staffId !== 'string' || !hsaIdForm.test(staffId) || personalNumber.test(staffId))
  )
    return 'extensions.ihe_iua.national_provider_identifier must be an HSA-id.';
  const [roles, purposes] = ['subject_role', 'purpose_of_use'].map((name) => readCodes(iua[name]));
  const form = `must be a list of at most ${mostCodes} objects with system and code, without spaces.`;
  if (roles === undefined) return `extensions.ihe_iua.subject_role ${form}`;
  if (purposes === undefined) return `extensions.ihe_iua.purpose_of_use ${form}`;
  return { organization, staffId, roles, purposes };
}

/** The object under a name; empty where there is none; null where something else is there. */
function findObject(
  holder: Readonly<Record<string, unknown>> | null,
  name: string,
): Readonly<Record<string, unknown>> | null {
  if (holder === null || !Object.hasOwn(holder, name)) return holder === null ? null : {};
  const found = holder[name];
  if (typeof found !== 'object' || found === null || Array.isArray(found)) return null;
  return { ...found };
}

/** `system|code` of each; undefined where one is not of that form. */
function readCodes(value: unknown): readonly CodedText[] | undefined {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > mostCodes) return undefined;
  const codes = value.map((item: unknown) => {
    const { system, code }: { readonly system?: unknown; readonly code?: unknown } =
      typeof item === 'object' && item !== null ? item : {};
    const isWord = (text: unknown): text is string => typeof text === 'string' && wordForm.test(text);
    return isWord(system) && isWord(code) && !personalNumber.test(code) ? (`${system}|${code}` as const) : undefined;
  });
  return codes.every((code) => code !== undefined) ? [...new Set(codes)] : undefined;
}

/** The claims as they stand in an access token, without those that are left out. */
export function toIuaClaims({ staffId, roles, purposes }: Omit<IuaClaims, 'organization'>): object {
  const coded = (list: readonly CodedText[]): readonly object[] =>
    list.map((text) => {
      const at = text.indexOf('|');
      return { system: text.slice(0, at), code: text.slice(at + 1) };
    });
  return {
    ...(staffId === undefined ? {} : { national_provider_identifier: staffId }),
    ...(roles.length === 0 ? {} : { subject_role: coded(roles) }),
    ...(purposes.length === 0 ? {} : { purpose_of_use: coded(purposes) }),
  };
}
