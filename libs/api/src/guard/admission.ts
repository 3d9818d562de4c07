// Why somebody is not let in: one rule for each reason, by route and headers, and the first that refuses counts. The guard
// records what they refuse. Never: a look at the input. Whoever lacks the right learns nothing of what is wrong with it.
import type { RouteDefinition } from '@drover/contracts';
import { scopeOf, type Right } from '@drover/kernel';
import { refuse, Refused } from '../answers/refused.js';
import type { Readiness } from '../health/readiness.js';
import type { Request } from '../routes/request.js';
import { accepts, offeredBy } from './accepts.js';
import { forgedBecause } from './forgery.js';
import type { GuardPorts } from './guard-ports.js';
import type { Requester } from './identity.js';

/** The longest key that is told from others. */
const LONGEST_KEY = 255;

/** Somebody at the door: what they ask, and who they are as far as that is known. */
export interface Admission {
  readonly route: RouteDefinition;
  readonly request: Request;
  readonly identity: Requester | null;
}

type Rule = (admission: Admission, door: GuardPorts) => Refused | null;

const notAcceptable = (route: RouteDefinition) => {
  const offered = offeredBy(route);
  const { problem } = refuse('not_acceptable', `This address answers ${offered.join(' or ')}. Nothing was done.`);
  return new Refused({ ...problem, hint: `Accept ${offered[0]}.` });
};

/** Why a process takes nothing now; what it tells of itself it tells always. */
export const notNow = ({ owner }: RouteDefinition, { status, held }: Readiness): Refused | null => {
  if (owner === 'every') return null;
  if (status === 'stopping') return refuse('not_ready', 'Drover stops. Nothing was done.');
  const because = 'Drover starts: its views are catching up. Nothing was done.';
  return held ? refuse('not_ready', because, { retryAfterSeconds: 1 }) : null;
};

/** Whoever is known and whoever shows nothing may ask; an address that shows wrong secrets is slowed down. */
export const tooOften: Rule = ({ route: { path }, request: { headers, ip }, identity }, { strangers }) => {
  if (identity || headers['authorization'] === undefined || path.startsWith('/health/')) return null;
  const retryAfterSeconds = strangers?.guessed(ip) ?? 0;
  const because = 'Too many wrong tokens came from your address. Nothing was done.';
  return retryAfterSeconds === 0 ? null : refuse('rate_limited', because, { retryAfterSeconds });
};

const isForged: Rule = ({ route: { source = false, acts = false }, request, identity }, { origin }) => {
  const { method, headers } = request;
  if (identity?.via !== 'cookie') return null;
  const forged = forgedBecause({ method, headers, origin, source, acts });
  return forged ? refuse('origin_refused', `${forged} Nothing was done.`) : null;
};

const mayNot = ({ needs, owner, source }: RouteDefinition, identity: Requester | null) => {
  if (!identity) {
    const because = 'No valid session or token came with the request. Nothing was done.';
    const { problem } = refuse('unauthenticated', because);
    return new Refused(source ? { ...problem, error: 'Authentication required' } : problem);
  }
  // What a process tells of itself is of all machines: a right that holds for some of them is not enough.
  const isEnough = (right: Right) =>
    owner === 'every' ? scopeOf(identity, right) === 'all' : identity.rights.includes(right);
  if (typeof needs === 'string' || needs.some(isEnough)) return null;
  return refuse('forbidden', `This takes the right ${needs.join(' or ')}. Nothing was done.`);
};

const lacksHeader = (route: RouteDefinition, { headers }: Request, { requireIfMatch }: GuardPorts) => {
  const { key, ifMatch } = route;
  if (!accepts(headers['accept'], route)) return notAcceptable(route);
  if (key && (headers['idempotency-key']?.length ?? 0) > LONGEST_KEY)
    return refuse('invalid_request', `An Idempotency-Key has ${LONGEST_KEY} characters at most. Nothing was done.`);
  if (key === 'required' && !headers['idempotency-key'])
    return refuse(
      'idempotency_key_required',
      'The Idempotency-Key header is missing: a retry would look like a second request. Nothing was done.',
    );
  if (ifMatch && requireIfMatch && headers['if-match'] === undefined)
    return refuse(
      'precondition_required',
      'The If-Match header is missing: the change may overwrite one that you have not read. Nothing was done.',
    );
  return null;
};

/** Why somebody is not let in, the first reason that there is; null when they are. */
export const refusalAt: Rule = (admission, door) => {
  const { route, request, identity } = admission;
  const forged = isForged(admission, door);
  if (forged || route.needs === 'public') return forged;
  return mayNot(route, identity) ?? lacksHeader(route, request, door);
};
