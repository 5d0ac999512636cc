import { describe, expect, it } from 'vitest';
import { Problem } from '../core/problem.ts';
import { parseTarget } from './target.ts';

function refusal(method: string, path: string): [string, string | undefined] | undefined {
  try {
    parseTarget(method, path);
    return undefined;
  } catch (error) {
    return error instanceof Problem ? [error.findings[0].code, error.headers['Allow']] : [String(error), undefined];
  }
}

describe('parseTarget', () => {
  it.each([
    ['POST', '', { kind: 'bundle' }],
    ['GET', 'metadata', { kind: 'capabilities' }],
    ['GET', 'CarePlan', { kind: 'search', type: 'CarePlan' }],
    ['POST', 'CarePlan', { kind: 'create', type: 'CarePlan' }],
    ['POST', 'CarePlan/_search', { kind: 'search', type: 'CarePlan' }],
    ['GET', 'CarePlan/_history', { kind: 'history-type', type: 'CarePlan' }],
    ['HEAD', 'CarePlan/1', { kind: 'read', type: 'CarePlan', id: '1' }],
    ['PUT', 'CarePlan/1', { kind: 'update', type: 'CarePlan', id: '1' }],
    ['DELETE', 'CarePlan/1', { kind: 'delete', type: 'CarePlan', id: '1' }],
    ['GET', 'CarePlan/1/_history', { kind: 'history-instance', type: 'CarePlan', id: '1' }],
    ['POST', '$export', { kind: 'operation', name: '$export', type: undefined, id: undefined }],
    ['GET', 'CarePlan/$validate', { kind: 'operation', name: '$validate', type: 'CarePlan', id: undefined }],
    ['GET', 'Patient/1/$everything', { kind: 'operation', name: '$everything', type: 'Patient', id: '1' }],
    ['GET', 'CarePlan/1/_history/2', { kind: 'vread', type: 'CarePlan', id: '1', versionId: '2' }],
  ])('%s %s', (method, path, target) => {
    expect(parseTarget(method, path)).toEqual(target);
  });

  it.each(['careplan', 'CarePlan/1/2', 'CarePlan/1/_history/2/3', 'CarePlan/å', 'CarePlan/_search/1', '..%2f'])(
    'knows no %s',
    (path) => {
      expect(refusal('GET', path)?.[0]).toBe('endpoint-unknown');
    },
  );

  it('says which methods an address takes', () => {
    expect(refusal('POST', 'CarePlan/1')).toEqual(['method-not-allowed', 'GET, PUT, PATCH, DELETE, HEAD']);
    expect(refusal('PUT', '')).toEqual(['method-not-allowed', 'GET, POST, HEAD']);
    expect(refusal('constructor', 'CarePlan')).toEqual(['method-not-allowed', 'GET, POST, PUT, PATCH, DELETE, HEAD']);
  });
});
