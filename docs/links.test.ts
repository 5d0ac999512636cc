// Every relative link in the documentation leads to a file that is there.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => `docs/${path}`),
];

const findLinks = (text: string): readonly string[] =>
  [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));

const findDeadLinks = (page: string, text: string): readonly string[] =>
  findLinks(text).filter((target) => !existsSync(join(root, dirname(page), target)));

test('the pages and their links were found', () => {
  expect(pages.length).toBeGreaterThan(20);
  expect(findLinks(readFileSync(join(root, 'docs', 'README.md'), 'utf8')).length).toBeGreaterThan(15);
});

test.each(pages)('%s has no dead link', (page) => {
  expect(findDeadLinks(page, readFileSync(join(root, page), 'utf8'))).toEqual([]);
});

test('a planted dead link is noticed', () => {
  expect(findDeadLinks('docs/x.md', '[a](nowhere.md) [b](README.md#top) [c](https://hl7.org/fhir)')).toEqual([
    'nowhere.md',
  ]);
});
