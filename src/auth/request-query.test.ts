import { expect, test } from 'vitest';
import { readQuery } from './request-query.ts';

test.each([
  ['/authorize?x=1', 'x=1'],
  ['/authorize?x=?&response_mode=form_post', 'x=?&response_mode=form_post'],
  ['/authorize?', ''],
  ['/authorize', ''],
  [undefined, ''],
])('reads all that follows the first question mark: %s', (url, query) => {
  expect(readQuery(url)).toBe(query);
});
