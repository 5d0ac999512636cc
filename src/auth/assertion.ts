// What a client assertion must say beyond what oidc-provider checks (signature, iss, sub, alg). One check per line, pure.
// https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html · RFC 7523 §3 · IUA
// Refuses an assertion that lives too long, is meant for somebody else as well, or leaves out kid or jti.

import { readIuaClaims, type IuaClaims } from './iua-claims.ts';

export const maxAssertionSeconds = 300;
/** Clocks of client and hub may differ this much. */
export const clockToleranceSeconds = 10;

export interface AssertionParts {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
}

export interface AcceptedAssertion {
  readonly kid: string;
  readonly jti: string;
  readonly expiresAt: Date;
  readonly iua: IuaClaims;
}

/** The assertion's parts, or a sentence that says what is wrong with them. */
export function readAssertion(
  { header, claims }: AssertionParts,
  expected: { readonly audiences: ReadonlySet<string>; readonly now: Date },
): AcceptedAssertion | string {
  const nowSeconds = expected.now.getTime() / 1000;
  const { kid, typ } = header;
  const { exp, iat, nbf, jti, aud } = claims;
  if (typ !== undefined && typ !== 'JWT' && typ !== 'client-authentication+jwt')
    return 'The assertion must have typ JWT.';
  if (header['crit'] !== undefined) return 'The assertion must not have a crit header.';
  if (typeof kid !== 'string' || kid === '') return 'The assertion must name its key in the header (kid).';
  if (typeof exp !== 'number' || !Number.isSafeInteger(exp))
    return 'The assertion must have exp as a whole number of seconds.';
  if (exp <= nowSeconds - clockToleranceSeconds) return 'The assertion has expired (exp).';
  if (exp > nowSeconds + maxAssertionSeconds + clockToleranceSeconds)
    return 'The assertion must expire within five minutes (exp).';
  if (iat !== undefined) {
    if (typeof iat !== 'number' || !Number.isFinite(iat))
      return 'The assertion has an iat that is not a number of seconds.';
    if (iat > nowSeconds + clockToleranceSeconds) return 'The assertion was issued in the future (iat).';
    if (exp - iat > maxAssertionSeconds) return 'The assertion must live at most five minutes (exp, iat).';
  }
  if (nbf !== undefined) {
    if (typeof nbf !== 'number' || !Number.isFinite(nbf))
      return 'The assertion has an nbf that is not a number of seconds.';
    if (nbf > nowSeconds + clockToleranceSeconds) return 'The assertion is not valid yet (nbf).';
  }
  if (typeof jti !== 'string' || jti === '' || jti.length > 255)
    return 'The assertion must have a jti of 1 to 255 characters.';
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (
    audiences.length === 0 ||
    !audiences.every((audience) => typeof audience === 'string' && expected.audiences.has(audience))
  ) {
    return 'The assertion must be meant for the token endpoint or the issuer, and for nobody else (aud).';
  }
  const iua = readIuaClaims(claims);
  if (typeof iua === 'string') return iua;
  return { kid, jti, expiresAt: new Date((exp + clockToleranceSeconds) * 1000), iua };
}
