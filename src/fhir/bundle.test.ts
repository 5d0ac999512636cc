import { describe, expect, it } from 'vitest';
import { toHistory, toResponseBundle, toSearchset } from './bundle.ts';

const body = '{"resourceType":"Observation","id":"1","valueQuantity":{"value":1.00}}';

describe('toSearchset', () => {
  it('carries each body as the text it is', () => {
    const text = toSearchset({
      links: [{ relation: 'self', url: 'http://h/Observation?code=a%7Cb' }],
      total: 1,
      entries: [{ fullUrl: 'http://h/Observation/1', body, mode: 'match' }],
    });
    expect(text).toContain(`"resource":${body},`);
    expect(JSON.parse(text)).toEqual({
      resourceType: 'Bundle',
      type: 'searchset',
      total: 1,
      link: [{ relation: 'self', url: 'http://h/Observation?code=a%7Cb' }],
      entry: [{ fullUrl: 'http://h/Observation/1', resource: JSON.parse(body), search: { mode: 'match' } }],
    });
  });

  it('leaves out what is empty or not asked for', () => {
    expect(JSON.parse(toSearchset({ links: [], total: undefined, entries: [] }))).toEqual({
      resourceType: 'Bundle',
      type: 'searchset',
    });
    expect(JSON.parse(toSearchset({ links: [], total: 0, entries: [] }))).toEqual({
      resourceType: 'Bundle',
      type: 'searchset',
      total: 0,
    });
  });
});

it('toHistory shows a deletion without a resource', () => {
  const common = { fullUrl: 'http://h/Observation/1', etag: 'W/"v"', lastModified: '2026-11-03T09:15:30.000Z' };
  const text = toHistory({
    links: [],
    total: 2,
    entries: [
      { ...common, body: undefined, method: 'DELETE', url: 'Observation/1', status: '204' },
      { ...common, body, method: 'POST', url: 'Observation', status: '201' },
    ],
  });
  expect(JSON.parse(text)).toMatchObject({
    type: 'history',
    total: 2,
    entry: [
      {
        fullUrl: common.fullUrl,
        request: { method: 'DELETE', url: 'Observation/1' },
        response: { status: '204', etag: 'W/"v"', lastModified: common.lastModified },
      },
      { resource: { id: '1' }, request: { method: 'POST', url: 'Observation' }, response: { status: '201' } },
    ],
  });
  expect('resource' in JSON.parse(text).entry[0]).toBe(false);
});

it('toResponseBundle answers each entry in order, with resource or outcome where given', () => {
  const outcome = '{"resourceType":"OperationOutcome","issue":[]}';
  const text = toResponseBundle('batch-response', [
    { status: '201 Created', location: 'http://h/Observation/1/_history/v', etag: 'W/"v"', body },
    { status: '404 Not Found', outcome },
  ]);
  expect(JSON.parse(text)).toEqual({
    resourceType: 'Bundle',
    type: 'batch-response',
    entry: [
      {
        resource: JSON.parse(body),
        response: { status: '201 Created', location: 'http://h/Observation/1/_history/v', etag: 'W/"v"' },
      },
      { response: { status: '404 Not Found', outcome: JSON.parse(outcome) } },
    ],
  });
});
