// The test of a connection: name, address, certificate, HTTP, session, a read, up to the first that fails. Never: sign in
// again after a refusal; the session remembers it, and repeated wrong passwords lock the account.
import type { ConnectionTarget } from '@drover/kernel';
import { OutboundFault, ProviderFault, type Clock, type MachineCatalog } from '@drover/ports';
import { readFault } from '../faults.vsphere.js';
import { createView, destroyView, ofView, firstPage } from '../soap/properties.vsphere.js';
import type { ProviderSession } from '../session/session.vsphere.js';

type Probe = Awaited<ReturnType<MachineCatalog['test']>>[number];
type Step = Probe['step'];

/** At which step of the way a request ended that brought no answer. */
const BROKEN: Readonly<Record<OutboundFault['code'], Step>> = {
  address_refused: 'dns',
  name_unresolved: 'dns',
  unreachable: 'tcp',
  certificate_refused: 'tls',
  timed_out: 'tcp',
  too_large: 'http',
  unreadable: 'http',
  aborted: 'http',
};
const brokenAt = (error: unknown): Step => {
  const cause = error instanceof ProviderFault ? error.cause : error;
  if (!(cause instanceof OutboundFault) || cause.sent === 'maybe') return 'http';
  return BROKEN[cause.code];
};

const read = (session: ProviderSession, signal: AbortSignal) =>
  session.run(async (ask, content) => {
    const view = await createView(ask, content, ['Datacenter']);
    try {
      await firstPage(ask, content, ofView(view, [{ type: 'Datacenter', paths: ['name'] }]));
    } finally {
      await destroyView(ask, view);
    }
  }, signal);

/**
 * Tries the way to the provider. One request goes all the way to `http`; how far it came is read from how it ended, so
 * its time stands at the step it ended with. A sign-in that was refused before is reported, not tried again.
 */
export const probe = async (
  session: ProviderSession,
  target: ConnectionTarget,
  clock: Clock,
  signal: AbortSignal,
): Promise<readonly Probe[]> => {
  const way: readonly Step[] = ['dns', 'tcp', ...(target.url?.startsWith('http:') ? [] : (['tls'] as const)), 'http'];
  const timed = async (work: Promise<unknown>) => {
    const begun = clock.monotonic();
    const error = await work.then(
      () => null,
      (thrown: unknown) => thrown ?? new Error('it failed'),
    );
    return { error, durationMs: Math.round(clock.monotonic() - begun) };
  };
  const result = (step: Step, error: unknown, durationMs: number): Probe => {
    const { code = null, detail = null } = error === null ? {} : readFault(error);
    return { step, ok: error === null, code, detail, durationMs };
  };

  const there = await timed(session.reach(signal));
  const end = there.error === null ? 'http' : brokenAt(there.error);
  const probes = way
    .slice(0, way.indexOf(end) + 1)
    .map((step) => (step === end ? result(step, there.error, there.durationMs) : result(step, null, 0)));
  if (there.error !== null) return probes;

  const inside = await timed(session.run(async () => {}, signal));
  probes.push(result('session', inside.error, inside.durationMs));
  if (inside.error !== null) return probes;

  const seen = await timed(read(session, signal));
  return [...probes, result('read', seen.error, seen.durationMs)];
};
