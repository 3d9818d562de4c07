// Health for whoever keeps the process. `live` and `ready` are public and tell of this process alone; the detail and the
// metrics take a right that holds everywhere. Never: where a store lies, in what is public.
import { Controller, Inject, Res } from '@nestjs/common';
import { routes, type Health } from '@drover/contracts';
import { Readiness } from './readiness.js';
import type { Reply } from '../routes/request.js';
import { Route } from '../routes/routes.js';

/** What a process knows of its parts. */
export interface HealthChecks {
  /** Own stores that take nothing at present, each with why. One that lacks what it had wants no traffic. */
  readonly refusing: () => readonly {
    readonly name: string;
    readonly refusal: { readonly code: string; readonly message: string };
  }[];
  /** Each part and how it does, by name: asked when somebody reads the detail. */
  readonly detail: () => Promise<NonNullable<Health['checks']>>;
  /** The metrics of the process, in Prometheus' text format. */
  readonly metrics: () => Promise<string>;
}

/** The media type of metrics, with the version of their format. */
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** What everybody may know of a store that takes nothing: not where it lies. */
const publicly: Readonly<Record<string, string>> = {
  store_full: 'There is no space left for it: reads go on.',
  store_unavailable: 'Nothing can be written to it: reads go on.',
  store_shorter_than_anchor: 'It lacks what it had: see /health/detail.',
};

const notOk = (parts: readonly (readonly [string, string])[]) =>
  Object.fromEntries(parts.map(([name, detail]) => [name, { ok: false, detail }]));

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
    const refusing = this.checks.refusing();
    const status = this.statusWith(refusing);
    if (status !== 'ok' && status !== 'read_only') reply.code(503).header('Retry-After', '1');
    const open = [
      ...this.awaited(),
      ...refusing.map(({ name, refusal: { code } }) => [name, publicly[code] ?? code] as const),
    ];
    return { status, ...(open.length > 0 && { checks: notOk(open) }) };
  }

  private awaited() {
    return this.readiness.status === 'starting' ? [...this.readiness.awaited] : [];
  }

  private statusWith(refusing: ReturnType<HealthChecks['refusing']>): Health['status'] {
    const { status } = this.readiness;
    if (status !== 'ok' || refusing.length === 0) return status;
    return refusing.some(({ refusal }) => refusal.code === 'store_shorter_than_anchor') ? 'failing' : 'read_only';
  }

  @Route(routes.healthDetail)
  async detail(): Promise<Health> {
    const checks = { ...(await this.checks.detail()), ...notOk(this.awaited()) };
    const failing = Object.values(checks).some(({ ok }) => !ok);
    return { status: this.readiness.status === 'ok' && failing ? 'failing' : this.readiness.status, checks };
  }

  @Route(routes.metrics)
  metrics(@Res({ passthrough: true }) reply: Reply): Promise<string> {
    reply.header('Content-Type', METRICS_TYPE);
    return this.checks.metrics();
  }

  @Route(routes.healthOverview)
  overview(): Promise<Health> {
    return this.detail();
  }
}
