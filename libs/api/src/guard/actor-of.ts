// Makes the actor of a request of what the guard found: who, with which rights, from where, under which key. Never: anything
// from the body, which may say what it likes.
import type { RouteDefinition } from '@drover/contracts';
import { CommandId, type Actor } from '@drover/kernel';
import { traceOf } from '../telemetry/trace-context.js';
import type { Request } from '../routes/request.js';
import type { Requester } from './identity.js';

const ANYONE: Pick<Requester, 'sub' | 'rights' | 'limits' | 'session'> = { sub: 'anonymous', rights: [] };

/** Who asks, by what is known before the body is read; `anonymous`, without rights, for somebody unknown. */
export const actorOf = ({ path, key }: RouteDefinition, request: Request, identity: Requester | null): Actor => {
  const { id: requestId, ip, method, params, headers } = request;
  const { sub, rights, limits, session } = identity ?? ANYONE;
  // The template and the ids in the path, not the query string: `?wait=5` does not make another request.
  const scope = { principal: sub, method, route: path, ids: JSON.stringify(Object.entries(params)) };
  const given = key && headers['idempotency-key'];
  const ifMatch = headers['if-match'];
  const trace = traceOf(headers['traceparent']);
  return {
    sub,
    rights,
    ...(limits && { limits }),
    requestId,
    ip,
    ...(session && { session }),
    ...(trace && { traceparent: trace.traceparent }),
    ...(ifMatch !== undefined && { ifMatch }),
    ...(given && { commandId: CommandId.of({ ...scope, key: given }) }),
  };
};
