// What a method and an address below the FHIR base ask for. https://hl7.org/fhir/R4/http.html#summary
// Refuses addresses the hub does not have (404) and methods an address does not take (405).
import { problem } from '../core/problem.ts';

export type Target =
  | { readonly kind: 'bundle' }
  | { readonly kind: 'capabilities' }
  | { readonly kind: 'create'; readonly type: string }
  /** Without a type: of several types, in a patient's compartment or everywhere. */
  | { readonly kind: 'search'; readonly type: string | undefined; readonly patientId?: string }
  | { readonly kind: 'history-type'; readonly type: string }
  | { readonly kind: 'history-system' }
  | { readonly kind: 'read'; readonly type: string; readonly id: string }
  | { readonly kind: 'history-instance'; readonly type: string; readonly id: string }
  /** Without an id: of the one resource that the parameters match. */
  | { readonly kind: 'update' | 'patch' | 'delete'; readonly type: string; readonly id: string | undefined }
  | {
      readonly kind: 'operation';
      readonly name: string;
      readonly type: string | undefined;
      readonly id: string | undefined;
      readonly isDelete?: true;
    }
  | { readonly kind: 'vread'; readonly type: string; readonly id: string; readonly versionId: string };

const typeForm = /^[A-Z][A-Za-z]{1,63}$/;
const idForm = /^[A-Za-z0-9\-.]{1,64}$/;
const versionForm = /^[A-Za-z0-9\-.]{1,64}$/;

/** `path` is relative to the base, without leading slash or query: `CarePlan/123`. @throws endpoint-unknown, method-not-allowed */
export function parseTarget(method: string, path: string): Target {
  const verb = method === 'HEAD' ? 'GET' : method;
  const parts = path.split('/').filter((part) => part !== '');
  const [type, second, third, fourth] = parts;
  if (type === undefined) return choose(verb, { GET: { kind: 'search', type: undefined }, POST: { kind: 'bundle' } });
  if (type === '_search' && second === undefined) return choose(verb, { POST: { kind: 'search', type: undefined } });
  if (type === 'metadata' && second === undefined) return choose(verb, { GET: { kind: 'capabilities' } });
  if (type === '_history' && second === undefined) return choose(verb, { GET: { kind: 'history-system' } });
  const operation = parseOperation(parts);
  if (operation !== undefined)
    return choose(verb, { GET: operation, POST: operation, DELETE: { ...operation, isDelete: true } });
  if (!typeForm.test(type) || parts.length > 4) throw problem('endpoint-unknown');
  if (second === undefined) {
    const search = { GET: { kind: 'search', type }, POST: { kind: 'create', type } } as const;
    return choose(verb, { ...search, ...toChanges(type, undefined) });
  }
  if (second === '_search' && third === undefined) return choose(verb, { POST: { kind: 'search', type } });
  if (second === '_history' && third === undefined) return choose(verb, { GET: { kind: 'history-type', type } });
  if (!idForm.test(second)) throw problem('endpoint-unknown');
  const id = second;
  if (third === undefined) {
    return choose(verb, { GET: { kind: 'read', type, id }, ...toChanges(type, id) });
  }
  const compartment = type === 'Patient' ? parseCompartment(id, parts.slice(2)) : undefined;
  if (compartment !== undefined) return choose(verb, compartment);
  if (third !== '_history') throw problem('endpoint-unknown');
  if (fourth === undefined) return choose(verb, { GET: { kind: 'history-instance', type, id } });
  if (!versionForm.test(fourth)) throw problem('endpoint-unknown');
  return choose(verb, { GET: { kind: 'vread', type, id, versionId: fourth } });
}

/** `Patient/id/CarePlan`, `Patient/id/*`, and both with `_search`. https://hl7.org/fhir/R4/http.html#vsearch */
function parseCompartment(
  patientId: string,
  [type = '', last]: readonly string[],
): Readonly<Partial<Record<'GET' | 'POST', Target>>> | undefined {
  if (type !== '*' && !typeForm.test(type)) return undefined;
  const target = { kind: 'search', type: type === '*' ? undefined : type, patientId } as const;
  if (last === undefined) return { GET: target };
  return last === '_search' ? { POST: target } : undefined;
}

/** What changes a resource, by its id or by a condition. */
function toChanges(type: string, id: string | undefined): Readonly<Record<'PUT' | 'PATCH' | 'DELETE', Target>> {
  return {
    PUT: { kind: 'update', type, id },
    PATCH: { kind: 'patch', type, id },
    DELETE: { kind: 'delete', type, id },
  };
}

/** `$name`, `Type/$name` or `Type/id/$name`. https://hl7.org/fhir/R4/operations.html */
function parseOperation(parts: readonly string[]): (Target & { kind: 'operation' }) | undefined {
  const name = parts.at(-1) ?? '';
  const [type, id] = parts.slice(0, -1);
  if (!/^\$[a-z][a-z-]{1,40}$/.test(name) || parts.length > 3) return undefined;
  if ((type !== undefined && !typeForm.test(type)) || (id !== undefined && !idForm.test(id))) return undefined;
  return { kind: 'operation', name, type, id };
}

function choose(method: string, targets: Readonly<Partial<Record<string, Target>>>): Target {
  const target = Object.hasOwn(targets, method) ? targets[method] : undefined;
  if (target === undefined) {
    const allowed = Object.keys(targets);
    if (allowed.includes('GET')) allowed.push('HEAD');
    throw problem('method-not-allowed', { headers: { Allow: allowed.join(', ') } });
  }
  return target;
}
