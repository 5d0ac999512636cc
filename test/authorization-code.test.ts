// Persons log in to apps: SMART App Launch over HTTP, from the authorization request to a token that opens one person's data, and
// everything that must not lead there. https://hl7.org/fhir/smart-app-launch/app-launch.html · RFC 6749, 7636, 7009, 7662, 9700
import { createHash } from 'node:crypto';
import { exportJWK, generateKeyPair } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signClientAssertion } from '../src/auth/client-assertion.ts';
import { carryOutClientCommand, type ClientSummary } from '../src/auth/clients.ts';
import { toPatientId } from '../src/auth/person-number.ts';
import { systemClock } from '../src/core/clock.ts';
import { Problem } from '../src/core/problem.ts';
import type { Database } from '../src/store/database.ts';
import { migrate } from '../src/store/migrate.ts';
import { openPglite } from '../src/store/pglite.ts';
import { startAuthorizationHub, testHubKey } from './authorization/authorization-hub.ts';
import { openBrowser } from './authorization/browser.ts';
import {
  addApp,
  approve,
  askToken,
  beginLogIn,
  exchangeCode,
  logInPerson,
  redirectUri,
} from './authorization/log-in-person.ts';

const person = '191212121212';
const other = '195009072553';

let database: Database;
let hub: Awaited<ReturnType<typeof startAuthorizationHub>>;
let app: ClientSummary;
let offsetMs = 0;
const clock = (): Date => new Date(systemClock().getTime() + offsetMs);

const logIn = (options: Partial<Parameters<typeof logInPerson>[0]> = {}) =>
  logInPerson({ publicUrl: hub.publicUrl, database, app, ...options });

const refresh = (refreshToken: string | undefined, fields: Readonly<Record<string, string>> = {}) =>
  askToken(hub.publicUrl, app.clientId, { grant_type: 'refresh_token', refresh_token: refreshToken ?? '', ...fields });

/** True where the token opens the hub. */
async function opens(token: string | undefined): Promise<boolean> {
  try {
    await hub.readToken(`Bearer ${token}`);
    return true;
  } catch (error) {
    if (error instanceof Problem && error.findings[0]?.code === 'token-invalid') return false;
    throw error;
  }
}

async function post(address: string, fields: Readonly<Record<string, string>>) {
  const response = await fetch(address, { method: 'POST', body: new URLSearchParams(fields) });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>) };
}

/** What the app is told, and where: the address the browser is sent to. */
async function refusal(change: Readonly<Record<string, string | undefined>>) {
  const visit = await openBrowser(hub.publicUrl).open(beginLogIn(hub.publicUrl, app.clientId, change).address);
  const url = new URL(visit.address);
  return { place: url.origin + url.pathname, error: url.searchParams.get('error'), status: visit.status, visit };
}

beforeAll(async () => {
  database = await openPglite({ folder: undefined });
  await migrate(database);
  hub = await startAuthorizationHub(database, { clock, signInMethod: { kind: 'development' } });
  app = await addApp(database);
});

afterAll(async () => {
  await hub.stop();
  await database.close();
});

describe('a person logs in and lets an app in', () => {
  test('and the token opens the hub as that person, with the scopes that were on the page', async () => {
    const attempt = beginLogIn(hub.publicUrl, app.clientId, { scope: 'launch/patient patient/CarePlan.rs' });
    const visit = await approve(openBrowser(hub.publicUrl), attempt, person);
    const sent = new URL(visit.address);
    expect(sent.origin + sent.pathname).toBe(redirectUri);
    expect(sent.searchParams.get('state')).toBe(new URL(attempt.address).searchParams.get('state'));
    expect(sent.searchParams.get('iss')).toBe(hub.addresses.issuer);
    const { status, body } = await exchangeCode(hub.publicUrl, app.clientId, { visit, attempt });
    const patientId = toPatientId(person, testHubKey);
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { token_type: 'Bearer', expires_in: 300, scope: 'launch/patient patient/CarePlan.rs', patient: patientId },
    });
    expect(body.refresh_token).toBeUndefined();
    const principal = await hub.readToken(`Bearer ${body.access_token}`);
    expect(principal).toMatchObject({ kind: 'individual', clientId: app.clientId, person: { patientId } });
    expect([...principal.scopes.keys()]).toEqual(['CarePlan']);
    expect(principal.expiresAtMs - clock().getTime()).toBeLessThanOrEqual(300_000);
  });

  test('each person is another, and the same person the same', async () => {
    const [one, two, again] = [await logIn(), await logIn({ personalNumber: other }), await logIn()];
    expect(one.patientId).not.toBe(two.patientId);
    expect(one.patientId).toBe(again.patientId);
    expect((await hub.readToken(`Bearer ${one.token}`)).kind).toBe('individual');
  });

  test('and with a second app in the same browser is asked for a yes, not to log in', async () => {
    const { browser } = await logIn();
    const second = await addApp(database, { name: 'En annan app' });
    const visit = await browser.open(beginLogIn(hub.publicUrl, second.clientId).address);
    expect(visit.text).toContain('Får En annan app se din plan?');
  });

  test('and says no: the app is told, and gets nothing', async () => {
    const browser = openBrowser(hub.publicUrl);
    const page = await browser.open(beginLogIn(hub.publicUrl, app.clientId).address);
    const visit = await browser.submit(await browser.submit(page, { person: '0' }), { answer: 'no' });
    const { searchParams } = new URL(visit.address);
    expect([searchParams.get('error'), searchParams.get('code')]).toEqual(['access_denied', null]);
  });

  test('scopes of version 1 and offline_access are granted as what they come to', async () => {
    const { token } = await logIn({ scope: 'launch/patient offline_access patient/CarePlan.read patient/Consent.*' });
    const { body } = await post(hub.addresses.introspectionEndpoint, { token, client_id: app.clientId });
    expect(body).toMatchObject({ scope: 'launch/patient online_access patient/CarePlan.rs patient/Consent.cruds' });
  });

  test('an app with a key signs each request, and is nobody without', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES384', { extractable: true });
    const own = await addApp(database, { keys: [JSON.stringify(await exportJWK(publicKey))] });
    const attempt = beginLogIn(hub.publicUrl, own.clientId);
    const visit = await approve(openBrowser(hub.publicUrl), attempt, person);
    const sign = async () => ({
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await signClientAssertion({
        clientId: own.clientId,
        privateKey,
        audience: hub.addresses.tokenEndpoint,
      }),
    });
    const fields = {
      grant_type: 'authorization_code',
      code: new URL(visit.address).searchParams.get('code') ?? '',
      code_verifier: attempt.verifier,
      redirect_uri: redirectUri,
    };
    expect((await askToken(hub.publicUrl, own.clientId, fields)).status).toBe(401);
    const assertion = await sign();
    const { status, body } = await askToken(hub.publicUrl, own.clientId, { ...fields, ...assertion });
    expect([status, await opens(body.access_token)]).toEqual([200, true]);
    const again = { grant_type: 'refresh_token', refresh_token: body.refresh_token ?? '' };
    expect((await askToken(hub.publicUrl, own.clientId, { ...again, ...assertion })).status).toBe(401);
    expect((await askToken(hub.publicUrl, own.clientId, { ...again, ...(await sign()) })).status).toBe(200);
    const { introspectionEndpoint } = hub.addresses;
    expect(
      (await post(introspectionEndpoint, { token: body.access_token ?? '', ...(await sign()) })).body,
    ).toMatchObject({
      active: true,
    });
    expect(
      (await post(introspectionEndpoint, { token: body.access_token ?? '', client_id: own.clientId })).status,
    ).toBe(401);
  });

  test('an app with a private-use scheme is sent back by it', async () => {
    const native = await addApp(database, { redirectUris: ['com.example.app:/cb'] });
    const attempt = beginLogIn(hub.publicUrl, native.clientId, { redirect_uri: 'com.example.app:/cb' });
    const visit = await approve(openBrowser(hub.publicUrl), attempt, person);
    expect(visit.address).toMatch(/^com\.example\.app:\/cb\?code=/);
  });
});

describe('an authorization request that does not hold', () => {
  const appPlace = redirectUri;
  test.each([
    ['without PKCE', { code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
    ['with the plain method', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['without a method, which would be plain', { code_challenge_method: undefined }, 'invalid_request'],
    ['without aud', { aud: undefined }, 'invalid_request'],
    ['for another aud', { aud: 'https://other.example/fhir' }, 'invalid_request'],
    ['for another resource', { resource: 'https://other.example/fhir' }, 'invalid_target'],
    ['without a scope', { scope: undefined }, 'invalid_scope'],
    ['with a malformed scope', { scope: 'patient/CarePlan.sr' }, 'invalid_scope'],
    ['with a scope of systems', { scope: 'patient/CarePlan.rs system/CarePlan.rs' }, 'invalid_scope'],
    ['with openid, which is not offered', { scope: 'openid fhirUser patient/CarePlan.rs' }, 'invalid_scope'],
    ['with context alone', { scope: 'launch/patient' }, 'invalid_scope'],
    ['with a request object', { request: 'a.b.c' }, 'request_not_supported'],
    ['with a request address', { request_uri: 'urn:x' }, 'request_uri_not_supported'],
    ['with a registration', { registration: '{}' }, 'registration_not_supported'],
    ['that must not ask the person', { prompt: 'none' }, 'login_required'],
  ])('%s is refused to the app', async (_name, change, error) => {
    expect(await refusal(change)).toMatchObject({ place: appPlace, error });
  });

  test.each([
    ['with a slash more', { redirect_uri: `${redirectUri}/` }],
    ['with a query', { redirect_uri: `${redirectUri}?next=1` }],
    ['with another port', { redirect_uri: 'https://app.example:8443/callback' }],
    ['in other letters', { redirect_uri: 'https://app.example/Callback' }],
    ['with a user', { redirect_uri: 'https://app.example@evil.example/callback' }],
    ['elsewhere', { redirect_uri: 'https://evil.example/callback' }],
    ['left out', { redirect_uri: undefined }],
    ['of an unknown app', { client_id: 'nobody' }],
  ])('with a redirect address %s stays at the hub', async (_name, change) => {
    if ('redirect_uri' in change && change.redirect_uri === undefined) {
      // The one that is registered is meant.
      expect((await refusal(change)).place.startsWith(hub.publicUrl)).toBe(true);
      return;
    }
    for (const more of [{}, { aud: 'https://evil.example' }, { scope: 'nonsense' }, { response_type: 'token' }]) {
      const { place, status, visit } = await refusal({ ...more, ...change });
      expect([place, status]).toEqual([hub.addresses.authorizationEndpoint, 400]);
      expect(visit.text).toContain('Det går inte att logga in');
      expect(visit.headers.get('location')).toBeNull();
    }
  });

  test('for a port on loopback that is not registered stays at the hub', async () => {
    const local = await addApp(database, { redirectUris: ['http://127.0.0.1:9999/cb', 'com.example.app:/cb'] });
    const attempt = beginLogIn(hub.publicUrl, local.clientId, { redirect_uri: 'http://127.0.0.1:9998/cb' });
    const visit = await openBrowser(hub.publicUrl).open(attempt.address);
    expect([new URL(visit.address).origin, visit.status]).toEqual([hub.publicUrl, 400]);
  });

  test('with another response mode or type is refused, and never by a page with script', async () => {
    for (const response_mode of ['fragment', 'form_post', 'web_message', 'jwt']) {
      const { place, status, visit } = await refusal({ response_mode });
      expect([place, status]).toEqual([hub.addresses.authorizationEndpoint, 400]);
      expect(visit.text).not.toContain('<script');
    }
    for (const response_type of ['token', 'id_token', 'code token', 'none']) {
      const { place, visit } = await refusal({ response_type });
      expect(place).toBe(redirectUri);
      expect(visit.address).toMatch(/error=(?:unsupported_response_type|invalid_request)/);
      expect(visit.address).not.toMatch(/access_token|id_token=/);
    }
  });

  test('for a scope that the app is not registered for is refused whole', async () => {
    const reader = await addApp(database, { scope: 'patient/CarePlan.rs' });
    for (const scope of ['patient/CarePlan.rs patient/Goal.r', 'patient/*.r', 'patient/CarePlan.write']) {
      const visit = await openBrowser(hub.publicUrl).open(
        beginLogIn(hub.publicUrl, reader.clientId, { scope }).address,
      );
      expect(new URL(visit.address).searchParams.get('error')).toBe('invalid_scope');
    }
  });

  test('of a system is refused', async () => {
    const { publicKey } = await generateKeyPair('ES384', { extractable: true });
    const system = await addApp(database, {
      client: 'operator',
      scope: 'system/*.r',
      redirectUris: [],
      keys: [JSON.stringify(await exportJWK(publicKey))],
    });
    const visit = await openBrowser(hub.publicUrl).open(beginLogIn(hub.publicUrl, system.clientId).address);
    expect([new URL(visit.address).origin, visit.status]).toEqual([hub.publicUrl, 400]);
  });
});

describe('a code', () => {
  const fields = (code: string, verifier: string) => ({
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: redirectUri,
  });
  const getCode = async () => {
    const attempt = beginLogIn(hub.publicUrl, app.clientId);
    const visit = await approve(openBrowser(hub.publicUrl), attempt, person);
    return { code: new URL(visit.address).searchParams.get('code') ?? '', verifier: attempt.verifier };
  };

  test('needs the verifier of the one that asked', async () => {
    const { code, verifier } = await getCode();
    const { code_verifier: _, ...without } = fields(code, verifier);
    for (const wrong of [without, fields(code, 'x'.repeat(43)), fields(code, `${verifier}x`)]) {
      expect(await askToken(hub.publicUrl, app.clientId, wrong)).toMatchObject({
        status: 400,
        body: { error: 'invalid_grant' },
      });
    }
    expect(await askToken(hub.publicUrl, app.clientId, fields(code, verifier))).toMatchObject({ status: 200 });
  });

  test('counts once; a second use ends what the first gave', async () => {
    const { code, verifier } = await getCode();
    const first = await askToken(hub.publicUrl, app.clientId, fields(code, verifier));
    expect(await opens(first.body.access_token)).toBe(true);
    expect(await askToken(hub.publicUrl, app.clientId, fields(code, verifier))).toMatchObject({ status: 400 });
    expect(await opens(first.body.access_token)).toBe(false);
    expect(await refresh(first.body.refresh_token)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  test('of ten uses at once at most one gives a token', async () => {
    const { code, verifier } = await getCode();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => askToken(hub.publicUrl, app.clientId, fields(code, verifier))),
    );
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
    for (const { body } of answers)
      if (body.access_token !== undefined) expect(await opens(body.access_token)).toBe(false);
  });

  test('is of no use to another app, or with another redirect address', async () => {
    const { code, verifier } = await getCode();
    const stranger = await addApp(database);
    expect(await askToken(hub.publicUrl, stranger.clientId, fields(code, verifier))).toMatchObject({ status: 400 });
    const elsewhere = { ...fields(code, verifier), redirect_uri: `${redirectUri}/` };
    expect(await askToken(hub.publicUrl, app.clientId, elsewhere)).toMatchObject({ status: 400 });
  });

  test('lives for a minute', async () => {
    const { code, verifier } = await getCode();
    offsetMs += 61_000;
    expect(await askToken(hub.publicUrl, app.clientId, fields(code, verifier))).toMatchObject({ status: 400 });
  });

  test('is not to be had by an app for itself', async () => {
    const answer = await askToken(hub.publicUrl, app.clientId, {
      grant_type: 'client_credentials',
      scope: 'patient/*.rs',
    });
    expect(answer.status).toBe(400);
    expect(answer.body.access_token).toBeUndefined();
  });
});

describe('refresh tokens', () => {
  test('give new tokens, each once, for the same person and scopes', async () => {
    const { refreshToken, patientId } = await logIn();
    const next = await refresh(refreshToken);
    expect(next).toMatchObject({ status: 200, body: { patient: patientId, expires_in: 300 } });
    expect(next.body.refresh_token).not.toBe(refreshToken);
    expect(await opens(next.body.access_token)).toBe(true);
    expect(await refresh(next.body.refresh_token)).toMatchObject({ status: 200 });
  });

  test('used again end everything that came of the yes', async () => {
    const { refreshToken, token } = await logIn();
    const next = await refresh(refreshToken);
    expect(await refresh(refreshToken)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect(await refresh(next.body.refresh_token)).toMatchObject({ status: 400 });
    expect([await opens(token), await opens(next.body.access_token)]).toEqual([false, false]);
  });

  test('used ten times at once leave nothing that is open', async () => {
    const { refreshToken } = await logIn();
    const answers = await Promise.all(Array.from({ length: 10 }, () => refresh(refreshToken)));
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
    for (const { body } of answers) expect(await opens(body.access_token)).toBe(false);
  });

  test('of another app are of no use', async () => {
    const { refreshToken } = await logIn();
    const stranger = await addApp(database);
    const fields = { grant_type: 'refresh_token', refresh_token: refreshToken ?? '' };
    expect(await askToken(hub.publicUrl, stranger.clientId, fields)).toMatchObject({ status: 400 });
    expect(await refresh(refreshToken)).toMatchObject({ status: 200 });
  });

  test('give less where less is asked for, never more', async () => {
    const { refreshToken } = await logIn({ scope: 'online_access patient/CarePlan.rs patient/Goal.rs' });
    const less = await refresh(refreshToken, { scope: 'patient/Goal.rs' });
    expect(less.body.scope).toBe('patient/Goal.rs');
    expect(await refresh(less.body.refresh_token, { scope: 'patient/Task.rs' })).toMatchObject({
      status: 400,
      body: { error: 'invalid_scope' },
    });
  });

  test('end with the session, eight hours after log-in, however often they were used', async () => {
    const { refreshToken } = await logIn();
    offsetMs += 4 * 3_600_000;
    const next = await refresh(refreshToken);
    expect(next.status).toBe(200);
    offsetMs += 4 * 3_600_000 + 1000;
    expect(await refresh(next.body.refresh_token)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });
});

describe('what ends a token ends it at once', () => {
  test('logging out: access tokens and refresh tokens of every app of that session', async () => {
    const { token, refreshToken, browser } = await logIn();
    const page = await browser.open(hub.addresses.logOutPage);
    expect(page.text).toContain('Logga ut');
    expect(await opens(token)).toBe(true);
    expect((await browser.submit(page, {})).text).toContain('Du är utloggad');
    expect(await opens(token)).toBe(false);
    expect(await refresh(refreshToken)).toMatchObject({ status: 400 });
    expect((await browser.open(beginLogIn(hub.publicUrl, app.clientId).address)).text).toContain('name="person"');
  });

  test('revocation, by the app that has it', async () => {
    for (const which of ['token', 'refreshToken'] as const) {
      const given = await logIn();
      const fields = { token: given[which] ?? '', client_id: app.clientId };
      const stranger = await addApp(database);
      await post(hub.addresses.revocationEndpoint, { ...fields, client_id: stranger.clientId });
      expect(await opens(given.token)).toBe(true);
      expect(await post(hub.addresses.revocationEndpoint, fields)).toMatchObject({ status: 200 });
      expect(await opens(given.token)).toBe(false);
      expect(await refresh(given.refreshToken)).toMatchObject({ status: 400 });
    }
  });

  test('disabling the app, and what was open is open again when it is enabled', async () => {
    const own = await addApp(database);
    const { token, refreshToken } = await logIn({ app: own });
    const set = (kind: 'enable' | 'disable') =>
      carryOutClientCommand({ kind, clientId: own.clientId }, { database, clock, allowLoopbackJwks: true });
    await set('disable');
    expect(await opens(token)).toBe(false);
    const fields = { grant_type: 'refresh_token', refresh_token: refreshToken ?? '' };
    expect(await askToken(hub.publicUrl, own.clientId, fields)).toMatchObject({ status: 401 });
    const visit = await openBrowser(hub.publicUrl).open(beginLogIn(hub.publicUrl, own.clientId).address);
    expect([new URL(visit.address).origin, visit.status]).toEqual([hub.publicUrl, 400]);
    await set('enable');
    expect(await opens(token)).toBe(true);
  });

  test('disabling the app while the person reads the page', async () => {
    const own = await addApp(database);
    const browser = openBrowser(hub.publicUrl);
    const page = await browser.open(beginLogIn(hub.publicUrl, own.clientId).address);
    await carryOutClientCommand(
      { kind: 'disable', clientId: own.clientId },
      { database, clock, allowLoopbackJwks: true },
    );
    expect((await browser.submit(page, { person: '0' })).status).toBe(400);
  });

  test('its own age', async () => {
    const { token } = await logIn();
    offsetMs += 301_000;
    expect(await opens(token)).toBe(false);
  });

  test('somebody else who logs in with the same browser', async () => {
    const { token, refreshToken, browser } = await logIn();
    const attempt = beginLogIn(hub.publicUrl, app.clientId, { prompt: 'login' });
    const visit = await approve(browser, attempt, other);
    const next = await exchangeCode(hub.publicUrl, app.clientId, { visit, attempt });
    expect(next.body.patient).toBe(toPatientId(other, testHubKey));
    expect([await opens(token), await opens(next.body.access_token)]).toEqual([false, true]);
    expect(await refresh(refreshToken)).toMatchObject({ status: 400 });
  });

  test('a new yes to the same app in the same session takes the place of the earlier', async () => {
    const { token, browser } = await logIn();
    const next = await logIn({ browser });
    expect([await opens(token), await opens(next.token)]).toEqual([false, true]);
  });
});

describe('introspection', () => {
  test('tells the app that has the token, and nobody else', async () => {
    const { token, refreshToken, patientId } = await logIn();
    const address = hub.addresses.introspectionEndpoint;
    expect((await post(address, { token, client_id: app.clientId })).body).toMatchObject({
      active: true,
      client_id: app.clientId,
      patient: patientId,
      aud: hub.addresses.audience,
    });
    expect((await post(address, { token: refreshToken ?? '', client_id: app.clientId })).body).toMatchObject({
      active: true,
    });
    const stranger = await addApp(database);
    expect((await post(address, { token, client_id: stranger.clientId })).body).toEqual({ active: false });
    expect((await post(address, { token })).status).toBe(400);
    expect((await post(address, { token, client_id: 'nobody' })).status).toBe(401);
    expect((await post(address, { token: 'nonsense', client_id: app.clientId })).body).toEqual({ active: false });
  });

  test('says no after log-out', async () => {
    const { token, browser } = await logIn();
    await browser.submit(await browser.open(hub.addresses.logOutPage), {});
    const { body } = await post(hub.addresses.introspectionEndpoint, { token, client_id: app.clientId });
    expect(body).toEqual({ active: false });
  });
});

describe('the steps belong to the browser that began', () => {
  test('a page of another browser is not shown, nor its form taken', async () => {
    const mine = openBrowser(hub.publicUrl);
    const page = await mine.open(beginLogIn(hub.publicUrl, app.clientId).address);
    const thief = openBrowser(hub.publicUrl);
    expect((await thief.open(page.address)).text).toContain('Det tog för lång tid');
    expect((await thief.submit(page, { person: '0' })).status).toBe(400);
    const approval = await mine.submit(page, { person: '0' });
    expect((await thief.submit(approval, { answer: 'yes' })).status).toBe(400);
  });

  test.each(['sip_hub_interaction', 'sip_hub_interaction.sig', 'sip_hub_session', 'sip_hub_session.sig'])(
    'a cookie %s that is tampered with counts as none',
    async (name) => {
      const { browser } = await logIn();
      const page = await browser.open(beginLogIn(hub.publicUrl, app.clientId).address);
      const key = [...browser.cookies.keys()].find((known) => known.endsWith(`@${name}`)) ?? '';
      const { value, path } = browser.cookies.get(key) ?? { value: '', path: '/' };
      expect(value).not.toBe('');
      browser.cookies.set(key, { value: `${value.slice(0, -1)}${value.endsWith('A') ? 'B' : 'A'}`, path });
      const visit = await browser.submit(page, { answer: 'yes' });
      expect([new URL(visit.address).origin, visit.status]).toEqual([hub.publicUrl, 400]);
    },
  );

  test('a form from another site is not taken', async () => {
    const browser = openBrowser(hub.publicUrl);
    const page = await browser.open(beginLogIn(hub.publicUrl, app.clientId).address);
    const cookie = [...browser.cookies].map(([key, { value }]) => `${key.split('@')[1]}=${value}`).join('; ');
    for (const site of ['cross-site', 'same-site', 'none']) {
      const response = await fetch(page.address, {
        method: 'POST',
        headers: { cookie, 'sec-fetch-site': site },
        body: new URLSearchParams({ person: '0' }),
      });
      expect(response.status).toBe(400);
    }
  });

  test('the session gets another id when somebody logs in', async () => {
    const browser = openBrowser(hub.publicUrl);
    const sessionOf = () => [...browser.cookies].find(([key]) => key.endsWith('@sip_hub_session'))?.[1].value;
    const page = await browser.open(beginLogIn(hub.publicUrl, app.clientId).address);
    const before = sessionOf();
    await browser.submit(page, { person: '0' });
    expect(sessionOf()).toBeDefined();
    expect(sessionOf()).not.toBe(before);
  });

  test('a choice that is none shows the page again', async () => {
    const browser = openBrowser(hub.publicUrl);
    const page = await browser.open(beginLogIn(hub.publicUrl, app.clientId).address);
    for (const wrong of ['99', '-1', 'x', person]) {
      expect((await browser.submit(page, { person: wrong })).text).toContain('name="person"');
    }
  });
});

describe('nothing that opens anything is kept or logged', () => {
  test('neither number, token, code, verifier nor cookie stands in the tables or in the log', async () => {
    const attempt = beginLogIn(hub.publicUrl, app.clientId, { login_hint: person });
    const browser = openBrowser(hub.publicUrl);
    await browser.open(attempt.address);
    const visit = await approve(browser, attempt, person);
    const { body } = await exchangeCode(hub.publicUrl, app.clientId, { visit, attempt });
    const session = [...browser.cookies].find(([key]) => key.endsWith('@sip_hub_session'))?.[1].value ?? '';
    const code = new URL(visit.address).searchParams.get('code') ?? '';
    const secrets = [person, '121212-1212', attempt.verifier, code, body.access_token, body.refresh_token, session];
    const rows = await database.query<{ row: string }>({
      text: `
        select t::text as row from authorization_payload t union all select t::text from used_assertion t
        union all select t::text from person t union all select t::text from client t`,
    });
    const kept = [...rows.map(({ row }) => row), ...hub.logged].join('\n');
    expect(kept.length).toBeGreaterThan(1000);
    for (const secret of secrets) {
      expect(secret?.length).toBeGreaterThan(10);
      expect(kept.includes(secret ?? '')).toBe(false);
    }
    expect(kept).toContain(
      createHash('sha256')
        .update(body.access_token ?? '')
        .digest('base64url'),
    );
    expect(kept).not.toMatch(/(?:18|19|20)\d{10}/);
  });
});

describe('the endpoints', () => {
  test('what is not offered is not there', async () => {
    for (const path of [
      'reg',
      'request',
      'device/auth',
      'me',
      'session/end',
      'end/confirm',
      'end/success',
      'backchannel',
    ])
      expect([path, (await fetch(`${hub.addresses.issuer}/${path}`)).status]).toEqual([path, 404]);
    expect((await fetch(hub.addresses.authorizationEndpoint, { method: 'POST' })).status).toBe(405);
    expect((await fetch(`${hub.addresses.issuer}/interaction/..%2ftoken`)).status).toBe(404);
  });

  test('where persons do not log in there are no pages', async () => {
    const closed = await startAuthorizationHub(database);
    for (const path of ['authorize', 'authorize/x', 'interaction/x', 'end'])
      expect([path, (await fetch(`${closed.addresses.issuer}/${path}`)).status]).toEqual([path, 404]);
    await closed.stop();
  });

  test('authorization requests are counted as requests for tokens are', async () => {
    const busy = await startAuthorizationHub(database, {
      signInMethod: { kind: 'development' },
      waitOf: () => Promise.resolve(7),
    });
    const page = await fetch(beginLogIn(busy.publicUrl, app.clientId).address);
    expect([page.status, page.headers.get('retry-after')]).toEqual([429, '7']);
    expect((await fetch(busy.addresses.revocationEndpoint, { method: 'POST' })).status).toBe(429);
    await busy.stop();
  });

  test('take nothing from Host, and behind https cookies are for https alone', async () => {
    const behindProxy = await startAuthorizationHub(database, {
      publicUrl: 'https://hub.example',
      signInMethod: { kind: 'development' },
    });
    const { search } = new URL(beginLogIn('https://hub.example', app.clientId).address);
    const response = await fetch(`${behindProxy.localUrl}/oauth/authorize${search}`, {
      redirect: 'manual',
      headers: { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'http' },
    });
    expect(response.headers.get('location')).toMatch(/^https:\/\/hub\.example\/oauth\/interaction\//);
    const cookies = response.headers.getSetCookie();
    expect(cookies.length).toBeGreaterThan(3);
    for (const line of cookies)
      expect(line).toMatch(/^__(?:Host|Secure)-.*; secure; httponly; samesite=lax|^__.*secure/i);
    await behindProxy.stop();
  });
});
