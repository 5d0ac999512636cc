// Finds the operation that an address names and runs it. Refuses operations the hub does not have there (404), and GET where it is not allowed (405).
import { problem } from '../core/problem.ts';
import type { Answer, RequestContext, Services } from './services.ts';
import type { OperationLevel, OperationRequest } from './operation.ts';

/** The operation's answer. @throws endpoint-unknown, method-not-allowed, and what the operation throws */
export function runOperation(services: Services, context: RequestContext, request: OperationRequest): Promise<Answer> {
  const { name, type, id } = request;
  const level: OperationLevel = type === undefined ? 'system' : id === undefined ? 'type' : 'instance';
  const operation = services.operations.find((known) => known.name === name && known.levels.includes(level));
  const isForType =
    type === undefined || (operation?.types?.includes(type) ?? services.mode.findTypePolicy(type) !== undefined);
  if (operation === undefined || !isForType) {
    throw problem('endpoint-unknown', { diagnostics: 'There is no such operation here. See the CapabilityStatement.' });
  }
  const isTaken = request.isDelete ? operation.allowsDelete === true : !request.isRead || operation.allowsGet;
  if (!isTaken) {
    const allowed = [
      ...(operation.allowsGet ? ['GET', 'HEAD'] : []),
      'POST',
      ...(operation.allowsDelete === true ? ['DELETE'] : []),
    ];
    throw problem('method-not-allowed', { headers: { Allow: allowed.join(', ') } });
  }
  return operation.run(services, context, request);
}
