// A whole hub that persons log in to: what it says of itself, and that the token of a person counts at its FHIR base as the settings say.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startHub } from '../../src/app.ts';
import { toAuthorizationAddresses } from '../../src/auth/addresses.ts';
import { readConfig } from '../../src/config.ts';
import { addApp, beginLogIn, logInPerson } from '../authorization/log-in-person.ts';
import { openBrowser } from '../authorization/browser.ts';
import type { OpenHub, TestHub } from './test-hub.ts';

export function describeLogIn(name: string, open: OpenHub): void {
  describe(`persons log in, on ${name}`, () => {
    let hub: TestHub;

    beforeAll(async () => {
      hub = await open();
    });

    afterAll(() => hub.stop());

    const logIn = () => logInPerson({ publicUrl: hub.hub.publicUrl, database: hub.hub.database });
    const statusOf = async (token: string): Promise<number> =>
      (await fetch(`${hub.baseUrl}/CarePlan?_summary=count`, { headers: { authorization: `Bearer ${token}` } })).status;

    test('the hub says where and how', async () => {
      const addresses = toAuthorizationAddresses(hub.hub.publicUrl);
      const answer = await fetch(`${hub.baseUrl}/.well-known/smart-configuration`);
      expect(await answer.json()).toMatchObject({
        authorization_endpoint: addresses.authorizationEndpoint,
        capabilities: expect.arrayContaining(['launch-standalone', 'client-public']),
      });
    });

    test('a token is 401 from the moment it is revoked', async () => {
      const { token, app } = await logIn();
      expect(await statusOf(token)).not.toBe(401);
      const { revocationEndpoint } = toAuthorizationAddresses(hub.hub.publicUrl);
      const body = new URLSearchParams({ token, client_id: app.clientId });
      expect((await fetch(revocationEndpoint, { method: 'POST', body })).status).toBe(200);
      expect(await statusOf(token)).toBe(401);
    });

    test('the pages forbid script, framing, keeping and forms to elsewhere', async () => {
      const { publicUrl, database } = hub.hub;
      const app = await addApp(database);
      const browser = openBrowser(publicUrl);
      const logInPage = await browser.open(beginLogIn(publicUrl, app.clientId).address);
      const approval = await browser.submit(logInPage, { person: '0' });
      const refused = await browser.open(beginLogIn(publicUrl, 'nobody').address);
      const logOutPage = await browser.open(toAuthorizationAddresses(publicUrl).logOutPage);
      const expired = await browser.open(`${publicUrl}/oauth/interaction/x`);
      const forApp = "'self' https://app.example";
      for (const [{ headers }, forms] of [
        [logInPage, forApp],
        [approval, forApp],
        [refused, "'self'"],
        [logOutPage, "'self'"],
        [expired, "'self'"],
      ] as const) {
        expect(Object.fromEntries(headers)).toMatchObject({
          'content-type': 'text/html; charset=utf-8',
          'cache-control': expect.stringContaining('no-store'),
          'content-security-policy': expect.stringMatching(
            /^default-src 'none'; style-src 'sha256-[^ ]+'; form-action .+; base-uri 'none'; frame-ancestors 'none'$/,
          ),
          'referrer-policy': 'no-referrer',
          'x-content-type-options': 'nosniff',
        });
        expect(headers.get('content-security-policy')).toContain(`form-action ${forms};`);
      }
    });

    test('English is for those who ask for it', async () => {
      const { address } = beginLogIn(hub.hub.publicUrl, 'nobody');
      const read = async (language: string) =>
        (await fetch(address, { headers: { 'accept-language': language } })).text();
      expect(await read('en-GB,en;q=0.9')).toContain('You cannot log in');
      for (const language of ['sv-SE,sv;q=0.9,en;q=0.5', 'de', '*'])
        expect(await read(language)).toContain('Det går inte');
    });
  });

  describe(`the development log-in is not there, on ${name}`, () => {
    test('where a provider is configured: persons log in there', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'sip-hub-test-'));
      const loginProviders = join(folder, 'providers.json');
      writeFileSync(join(folder, 'secret'), 'x'.repeat(40));
      const provider = {
        issuer: 'https://op.example',
        name: 'BankID',
        clientId: 'hub',
        secretFile: 'secret',
        profile: 'swedish-oidc',
        acr: ['http://id.elegnamnden.se/loa/1.0/loa3'],
      };
      writeFileSync(loginProviders, JSON.stringify([provider]));
      const hub = await open({ loginProviders });
      const app = await addApp(hub.hub.database);
      const browser = openBrowser(hub.hub.publicUrl);
      const page = await browser.open(beginLogIn(hub.hub.publicUrl, app.clientId).address);
      expect(page.text).toContain('Logga in med BankID');
      expect(page.text).not.toContain('Tolvan');
      const action = new URL(page.address).pathname;
      const form = { ...page, text: `<form method="post" action="${action}">` };
      expect((await browser.submit(form, { person: '0' })).text).toContain('Logga in med BankID');
      await hub.stop();
      rmSync(folder, { recursive: true });
    });

    test.each([
      ['behind a proxy on the same machine', { SIP_HUB_PUBLIC_URL: 'https://hub.example' }],
      ['in plain mode', { SIP_HUB_MODE: 'plain' }],
    ])('%s', async (_name, environment) => {
      const folder = mkdtempSync(join(tmpdir(), 'sip-hub-test-'));
      const config = readConfig({ PORT: '0', SIP_HUB_DATA: folder, ...environment });
      const hub = await startHub(config, { log: () => undefined });
      const local = `http://127.0.0.1:${hub.port}`;
      const configuration = await (await fetch(`${local}/fhir/.well-known/smart-configuration`)).json();
      expect(configuration).not.toHaveProperty('authorization_endpoint');
      for (const path of ['authorize?client_id=x', 'interaction/x', 'end'])
        expect((await fetch(`${local}/oauth/${path}`)).status).toBe(404);
      await hub.stop();
      rmSync(folder, { recursive: true });
    });
  });
}
