import { expect, test } from 'vitest';
import { loadDefinitions } from './definitions.ts';
import { createFindShapes } from './element-shapes.ts';
import { rewriteLinks } from './rewrite-links.ts';

const shapes = createFindShapes(loadDefinitions([]).typeStructure);
const urn = 'urn:uuid:11111111-1111-4111-8111-111111111111';
const replace = (text: string): string | undefined => (text === urn ? 'Binary/1' : undefined);

test('links are replaced in references, uris and narrative, and nowhere else', () => {
  const resource = {
    resourceType: 'DocumentReference',
    text: {
      status: 'generated',
      div: `<div><a href="${urn}">${urn}</a><img src='${urn}'/><a href="http://x">y</a></div>`,
    },
    meta: { profile: [urn], source: urn },
    // A string, also where it looks like a link.
    identifier: [{ system: 'urn:ietf:rfc:3986', value: urn }],
    subject: { reference: urn, display: urn },
    extension: [
      { url: 'http://x', valueUri: urn },
      { url: 'http://y', valueCanonical: urn },
      { url: 'http://z', valueUuid: urn },
    ],
    content: [{ attachment: { url: urn, title: urn }, _format: { extension: [{ url: 'http://x', valueUrl: urn }] } }],
    contained: [
      { resourceType: 'Binary', id: 'c', securityContext: { reference: urn } },
      { resourceType: 'Endpoint', id: 'e', address: urn },
    ],
  };
  const before = structuredClone(resource);
  const rewritten = rewriteLinks(resource, replace, shapes);
  expect(rewritten).toEqual({
    ...before,
    text: {
      status: 'generated',
      div: `<div><a href="Binary/1">${urn}</a><img src="Binary/1"/><a href="http://x">y</a></div>`,
    },
    meta: { profile: [urn], source: 'Binary/1' },
    subject: { reference: 'Binary/1', display: urn },
    extension: [
      { url: 'http://x', valueUri: 'Binary/1' },
      { url: 'http://y', valueCanonical: urn },
      { url: 'http://z', valueUuid: 'Binary/1' },
    ],
    content: [
      {
        attachment: { url: 'Binary/1', title: urn },
        _format: { extension: [{ url: 'http://x', valueUrl: 'Binary/1' }] },
      },
    ],
    contained: [
      { resourceType: 'Binary', id: 'c', securityContext: { reference: 'Binary/1' } },
      { resourceType: 'Endpoint', id: 'e', address: 'Binary/1' },
    ],
  });
  expect(resource).toEqual(before);
});

test('a resource without such links is given back as it is', () => {
  const resource = {
    resourceType: 'Patient',
    name: [{ text: urn }],
    text: { status: 'generated', div: '<div>a</div>' },
  };
  expect(rewriteLinks(resource, () => undefined, shapes)).toBe(resource);
  expect(rewriteLinks(resource, replace, shapes)).toEqual(resource);
});
