import { Controller, Inject, Res } from '@nestjs/common';
import { routes, type Health } from '@drover/contracts';
import { Readiness } from './readiness.js';
import type { Reply } from './request.js';
import { Route } from './routes.js';

/** What a process knows of its parts. */
export interface HealthChecks {
  /** Own stores that lack what they had, by name: such a process wants no traffic. */
  readonly unverified: () => readonly string[];
  /** Each part and how it does, by name: asked when somebody reads the detail. */
  readonly detail: () => Promise<NonNullable<Health['checks']>>;
}

/** Where a process puts its checks. */
export const HEALTH_CHECKS = Symbol('HealthChecks');

/** Health for whoever keeps the process: alive, wanting traffic, and, for those who may know, how each part does. */
@Controller()
export class HealthController {
  constructor(
    // By its class, so this answers only where decorator metadata was emitted: tsc and swc do, esbuild does not.
    private readonly readiness: Readiness,
    @Inject(HEALTH_CHECKS) private readonly checks: HealthChecks,
  ) {}

  @Route(routes.live)
  live(): Health {
    return { status: 'ok' };
  }

  @Route(routes.ready)
  ready(@Res({ passthrough: true }) reply: Reply): Health {
    const unverified = this.checks.unverified();
    const status = this.readiness.status === 'ok' && unverified.length > 0 ? 'failing' : this.readiness.status;
    if (status !== 'ok') reply.code(503).header('Retry-After', '1');
    const lacking = { ok: false, detail: 'It lacks what it had: see /health/detail.' };
    const checks = Object.fromEntries(unverified.map((name) => [name, lacking]));
    return { status, ...(unverified.length > 0 && { checks }) };
  }

  @Route(routes.healthDetail)
  async detail(): Promise<Health> {
    const checks = await this.checks.detail();
    const failing = Object.values(checks).some(({ ok }) => !ok);
    return { status: this.readiness.status === 'ok' && failing ? 'failing' : this.readiness.status, checks };
  }

  @Route(routes.healthOverview)
  overview(): Promise<Health> {
    return this.detail();
  }
}
