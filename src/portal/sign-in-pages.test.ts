import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { typePolicies } from '../access/compartment.ts';
import { signInPages as pages } from './sign-in-pages.ts';
import { toActionWords, typeWords, words } from './words.ts';

const approval = {
  appName: 'Min plan',
  action: '/oauth/interaction/x',
  leadsTo: 'app.example',
  rights: [
    { type: '*', actions: ['r', 's'] as const },
    { type: 'Consent', actions: ['c', 'u'] as const },
  ],
  endsAt: new Date('2026-11-28T16:05:00Z'),
  logOutPage: '/oauth/end',
};
const everyPage = (appName: string, language: 'sv' | 'en') => [
  pages.approval({ ...approval, appName, leadsTo: appName }, language),
  pages.logIn(
    {
      appName,
      action: '/a',
      persons: [{ value: '0', name: appName, number: '19121212-1212' }],
      providers: [{ href: '/p', name: appName }],
    },
    language,
  ),
  pages.logOut({ action: '/oauth/end' }, language),
  pages.message({ kind: 'refused', detail: appName }, language),
];

describe('the pages of log-in', () => {
  test('say in plain Swedish which app may do what, and until when', () => {
    const html = pages.approval(approval, 'sv');
    for (const text of [
      'Får Min plan se din plan?',
      'läsa allt som rör din plan',
      'lägga till och ändra dina samtycken',
      '28 november 2026 kl. 17:05',
      'app.example',
    ])
      expect(html).toContain(text);
    expect(html).not.toMatch(/patient\/|CarePlan|scope|token/i);
  });

  test.each(['sv', 'en'] as const)('let no text of others become HTML (%s)', (language) => {
    const hostile = `"><script>alert(1)</script><img src=x onerror='x'>&`;
    for (const html of everyPage(hostile, language)) {
      expect(html).not.toContain('<script');
      expect(html).not.toContain('<img');
      expect(html).not.toContain(`"><`.repeat(2));
      expect(html).toContain(`<html lang="${language}">`);
      expect(html).toContain('name="viewport"');
      expect(html.match(/<h1>/g)).toHaveLength(1);
    }
  });

  test('have one style sheet, the one that the policy names, and no script, image or attribute with style', () => {
    for (const html of everyPage('Min plan', 'sv')) {
      const [, style = ''] = /<style>([^]*)<\/style>/.exec(html) ?? [];
      expect(pages.styleSource).toBe(`'sha256-${createHash('sha256').update(style).digest('base64')}'`);
      expect(html).not.toMatch(/<script|<link|<img|style=|\son\w+=|https?:\/\//);
    }
  });
});

describe('the words', () => {
  test('there is one for each type about a person, in both languages', () => {
    const types = Object.entries(typePolicies).filter(([, { kind }]) => kind !== 'directory');
    for (const [type] of types) {
      expect([type, typeWords.sv[type]]).toEqual([type, expect.any(String)]);
      expect([type, typeWords.en[type]]).toEqual([type, expect.any(String)]);
    }
    expect(Object.keys(words.sv.messages)).toEqual(Object.keys(words.en.messages));
  });

  test('reading and searching are one', () => {
    expect(toActionWords(['s'], 'sv')).toBe('läsa');
    expect(toActionWords(['c', 'r', 'u', 'd', 's'], 'sv')).toBe('läsa, lägga till, ändra och ta bort');
    expect(toActionWords(['r', 'd'], 'en')).toBe('read and remove');
  });
});
