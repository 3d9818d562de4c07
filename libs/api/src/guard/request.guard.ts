import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { isOlder, problemOf, type RouteDefinition } from '@drover/contracts';
import { CommandId, hashOf, reject, scopeOf, type Actor, type Right } from '@drover/kernel';
import { GUARD_PORTS, type GuardPorts, type GuardFact } from './guard-ports.js';
import { note } from '../telemetry/exchange-notes.js';
import { forgedBecause } from './forgery.js';
import type { Identity } from './identity.js';
import { parseInput } from './parse-input.js';
import { accepts, offeredBy } from './accepts.js';
import { Readiness } from '../health/readiness.js';
import { Refused, refuse } from '../answers/refused.js';
import type { Reply, Request } from '../routes/request.js';
import { RouteRule } from '../routes/route-rule.js';
import { traceOf } from '../telemetry/trace-context.js';

/** What of a request can carry a secret and must not stand in an address. */
const secretNames = /^(password|passwd|pwd|secret|token|access_token|api_?key|credentials?)$/i;
/** When the older shapes end: a year after the first release. */
const SUNSET = 'Tue, 30 Nov 2027 00:00:00 GMT';
/** Since when credentials in a body are deprecated, as the header spells it. */
const DEPRECATED_SINCE = '@1795996800';

/** The longest key that is told from others. */
const LONGEST_KEY = 255;
/** The refusals that are recorded. */
const denials: readonly string[] = ['forbidden', 'unauthenticated', 'origin_refused', 'rate_limited'];
/** What somebody chose to send and what is written down of it. */
const shortened = (text: string | undefined) => (text === undefined ? null : [...text].slice(0, 200).join(''));

const notAcceptable = (route: RouteDefinition) => {
  const { problem } = refuse(
    'not_acceptable',
    `This address answers ${offeredBy(route).join(' or ')}. Nothing was done.`,
  );
  return new Refused({ ...problem, hint: `Accept ${offeredBy(route)[0]}.` });
};

/**
 * The door: nobody gets in unknown, forged, without a right of the route, without the key that it asks for, or with input
 * that does not fit. What it refuses for want of a right it records first. The actor is made here and nowhere else.
 */
@Injectable()
export class RequestGuard implements CanActivate {
  constructor(
    @Inject(GUARD_PORTS) private readonly door: GuardPorts,
    private readonly readiness: Readiness,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext) {
    const http = context.switchToHttp();
    const [request, reply] = [http.getRequest<Request>(), http.getResponse<Reply>()];
    const route = this.reflector.get(RouteRule, context.getHandler());
    note(reply.raw, { route });
    if (this.readiness.status === 'stopping' && route.owner !== 'every')
      throw refuse('not_ready', 'Drover stops. Nothing was done.');
    if (this.readiness.held && route.owner !== 'every')
      throw refuse('not_ready', 'Drover starts: its views are catching up. Nothing was done.', {
        retryAfterSeconds: 1,
      });
    const inQuery = Object.keys(request.query).some((name) => secretNames.test(name));
    const inBody = this.dropCredentials(route, request);
    const identity = await this.door.identify(request.headers);
    note(reply.raw, { identity });
    if (identity?.deadCookie) reply.header('Set-Cookie', identity.deadCookie); // whatever the answer will be
    const actor = this.actorOf(route, request, identity);
    const target = shortened(Object.values(request.params)[0]);
    const tooOften = this.tooOften(route, request, identity);

    if (inQuery) {
      await this.credentialSeen(route, actor, reply, identity);
      throw refuse(
        'credentials_in_query_rejected',
        'A secret in an address is in every log on its way. Nothing was done.',
      );
    }
    const because = tooOften ?? (await this.refusal(route, request, identity));
    if (because) {
      const { code } = because.problem;
      const right = typeof route.needs === 'string' ? null : route.needs[0];
      if (denials.includes(code))
        await this.record({ type: 'AuditDenialRecorded', route: route.path, right, target, code }, actor, identity);
      throw because;
    }
    if (inBody) await this.credentialSeen(route, actor, reply, identity);
    request.input = parseInput(route, request);
    const { query, body } = request.input as { query: { dryRun?: boolean }; body: { reason?: string } };
    request.actor = {
      ...actor,
      ...(actor.commandId && { fingerprint: hashOf(body) }),
      ...(query.dryRun && { dryRun: true }),
      ...(body.reason && { reason: body.reason }),
    };
    return true;
  }

  /** Whoever is known and whoever shows nothing may ask; an address that shows wrong secrets is slowed down. */
  private tooOften({ path }: RouteDefinition, { headers, ip }: Request, identity: Identity | null) {
    if (identity || headers['authorization'] === undefined || path.startsWith('/health/')) return null;
    const retryAfterSeconds = this.door.strangers?.guessed(ip) ?? 0;
    const because = 'Too many wrong tokens came from your address. Nothing was done.';
    return retryAfterSeconds === 0 ? null : refuse('rate_limited', because, { retryAfterSeconds });
  }

  /** Only where credentials were ever taken it is news that they are not for long. */
  private async credentialSeen(route: RouteDefinition, actor: Actor, reply: Reply, identity: Identity | null) {
    await this.record({ type: 'AuditCredentialSeen', route: route.path }, actor, identity);
    if (isOlder(route)) reply.header('Deprecation', DEPRECATED_SINCE).header('Sunset', SUNSET);
  }

  /** Takes user and password out of a body before anything else sees it. */
  private dropCredentials({ source }: RouteDefinition, request: Request) {
    const { body } = request;
    if (!source || typeof body !== 'object' || body === null || !('password' in body || 'username' in body))
      return false;
    const { username: _username, password: _password, ...rest } = body as Record<string, unknown>;
    request.body = rest;
    return true;
  }

  private async refusal(route: RouteDefinition, request: Request, identity: Identity | null): Promise<Refused | null> {
    const { needs, owner, key, ifMatch, source = false, acts = false } = route;
    const { method, headers } = request;
    if (identity?.via === 'cookie') {
      const forged = forgedBecause({ method, headers, origin: this.door.origin, source, acts });
      if (forged) return refuse('origin_refused', `${forged} Nothing was done.`);
    }
    if (needs === 'public') return null;
    if (!identity) {
      const { problem } = refuse(
        'unauthenticated',
        'No valid session or token came with the request. Nothing was done.',
      );
      return new Refused(source ? { ...problem, error: 'Authentication required' } : problem);
    }
    // What a process tells of itself is of all machines: a right that holds for some of them is not enough.
    const isEnough = (right: Right) =>
      owner === 'every' ? scopeOf(identity, right) === 'all' : identity.rights.includes(right);
    if (needs !== 'session' && !needs.some(isEnough))
      return refuse('forbidden', `This takes the right ${needs.join(' or ')}. Nothing was done.`);
    if (!accepts(headers['accept'], route)) return notAcceptable(route);
    if (key && (headers['idempotency-key']?.length ?? 0) > LONGEST_KEY)
      return refuse('invalid_request', `An Idempotency-Key has ${LONGEST_KEY} characters at most. Nothing was done.`);
    if (key === 'required' && !headers['idempotency-key'])
      return refuse(
        'idempotency_key_required',
        'The Idempotency-Key header is missing: a retry would look like a second request. Nothing was done.',
      );
    if (ifMatch && this.door.requireIfMatch && headers['if-match'] === undefined)
      return refuse(
        'precondition_required',
        'The If-Match header is missing: the change may overwrite one that you have not read. Nothing was done.',
      );
    return null;
  }

  private actorOf({ path, key }: RouteDefinition, request: Request, identity: Identity | null): Actor {
    const { id: requestId, ip, method, params, headers } = request;
    const { sub, rights, limits, session } =
      identity ?? ({ sub: 'anonymous', rights: [] } as Partial<Identity> & { sub: string; rights: [] });
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
  }

  /** Of those who are known each denial is recorded before it is answered; the others are counted. */
  private async record(fact: GuardFact, actor: Actor, identity: Identity | null) {
    const { strangers } = this.door;
    if (!identity && strangers) {
      const code = fact.type === 'AuditDenialRecorded' ? fact.code : 'credentials_in_query_rejected';
      return strangers.denied({ route: fact.route, code }, actor.ip);
    }
    await this.door.audit.record(fact, actor).catch((cause: unknown) => {
      const because = 'What was asked is to be recorded, and that could not be. Nothing was done.';
      throw new Refused(problemOf(reject('audit_unavailable', because)), { cause });
    });
  }
}
