// The door of every route, in its order: is it open, who asks, may they, what do they say. Each step is a file beside this one.
// Never: a denial answered before it was recorded, or a body that says who asks.
import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { RouteDefinition } from '@drover/contracts';
import { hashOf, type Actor } from '@drover/kernel';
import { refuse, type Refused } from '../answers/refused.js';
import { Readiness } from '../health/readiness.js';
import type { Reply, Request } from '../routes/request.js';
import { RouteRule } from '../routes/route-rule.js';
import { note } from '../telemetry/exchange-notes.js';
import { actorOf } from './actor-of.js';
import { notNow, refusalAt, tooOften, type Admission } from './admission.js';
import { GUARD_PORTS, type GuardFact, type GuardPorts } from './guard-ports.js';
import { recordAtDoor } from './guard-record.js';
import { parseInput } from './parse-input.js';
import { deprecateCredentials, dropCredentials, hasSecret } from './sent-credentials.js';

/** The refusals that are recorded. */
const denials: readonly string[] = ['forbidden', 'unauthenticated', 'origin_refused', 'rate_limited'];
/** What somebody chose to send and what is written down of it. */
const shortened = (text: string | undefined) => (text === undefined ? null : [...text].slice(0, 200).join(''));

/** A denial as it is recorded: of which route, for want of which right, whom it named. */
const denialAt = ({ needs, path }: RouteDefinition, { params }: Request, { problem }: Refused): GuardFact => ({
  type: 'AuditDenialRecorded',
  route: path,
  right: typeof needs === 'string' ? null : needs[0],
  target: shortened(Object.values(params)[0]),
  code: problem.code,
});

/** The actor with what the input says: whether it is only tried, why, and its fingerprint. */
const withInput = (actor: Actor, { input }: Request): Actor => {
  const { query, body } = input as { query: { dryRun?: boolean }; body: { reason?: string } };
  return {
    ...(actor.commandId ? { ...actor, fingerprint: hashOf(body) } : actor),
    ...(query.dryRun && { dryRun: true }),
    ...(body.reason && { reason: body.reason }),
  };
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
    const early = notNow(route, this.readiness);
    if (early) throw early;
    const [inQuery, inBody] = [hasSecret(request), dropCredentials(route, request)];
    const identity = await this.door.identify(request.headers);
    note(reply.raw, { identity });
    if (identity?.deadCookie) reply.header('Set-Cookie', identity.deadCookie); // whatever the answer will be
    const actor = actorOf(route, request, identity);
    await this.admit({ route, request, identity }, { actor, reply, inQuery, inBody });
    request.input = parseInput(route, request);
    request.actor = withInput(actor, request);
    return true;
  }

  /** Throws the refusal of whoever may not come in, after it was recorded. */
  private async admit(
    admission: Admission,
    { actor, reply, inQuery, inBody }: { actor: Actor; reply: Reply; inQuery: boolean; inBody: boolean },
  ) {
    const { route, request, identity } = admission;
    const record = (fact: GuardFact) => recordAtDoor(fact, { actor, identity }, this.door);
    const credentialSeen = async () => {
      await record({ type: 'AuditCredentialSeen', route: route.path });
      deprecateCredentials(route, reply);
    };
    const slowed = tooOften(admission, this.door); // a guess counts, whatever else is wrong
    if (inQuery) {
      await credentialSeen();
      const because = 'A secret in an address is in every log on its way. Nothing was done.';
      throw refuse('credentials_in_query_rejected', because);
    }
    const because = slowed ?? refusalAt(admission, this.door);
    if (because) {
      if (denials.includes(because.problem.code)) await record(denialAt(route, request, because));
      throw because;
    }
    if (inBody) await credentialSeen();
  }
}
