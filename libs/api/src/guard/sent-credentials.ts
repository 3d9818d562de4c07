// Secrets that a client should not have sent: in an address, or as user and password in an older body. Never: passed on,
// logged or stored.
import { isOlder, type RouteDefinition } from '@drover/contracts';
import type { Reply, Request } from '../routes/request.js';

/** What of a request can carry a secret and must not stand in an address. */
const secretNames = /^(password|passwd|pwd|secret|token|access_token|api_?key|credentials?)$/i;
/** When the older shapes end: a year after the first release. */
const SUNSET = 'Tue, 30 Nov 2027 00:00:00 GMT';
/** Since when credentials in a body are deprecated, as the header spells it. */
const DEPRECATED_SINCE = '@1795996800';

/** Whether an address carries a secret. */
export const hasSecret = ({ query }: Pick<Request, 'query'>): boolean =>
  Object.keys(query).some((name) => secretNames.test(name));

/** Takes user and password out of a body before anything else sees it; whether there were any. */
export const dropCredentials = ({ source }: RouteDefinition, request: Pick<Request, 'body'>): boolean => {
  const { body } = request;
  if (!source || typeof body !== 'object' || body === null || !('password' in body || 'username' in body)) return false;
  const { username: _username, password: _password, ...rest } = body as Record<string, unknown>;
  request.body = rest;
  return true;
};

/** Says that credentials are not taken for long; that is news only where they ever were. */
export const deprecateCredentials = (route: RouteDefinition, reply: Pick<Reply, 'header'>) => {
  if (isOlder(route)) reply.header('Deprecation', DEPRECATED_SINCE).header('Sunset', SUNSET);
};
