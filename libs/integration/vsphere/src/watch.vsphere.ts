import type { ConnectionTarget } from '@drover/kernel';
import { ProviderFault, type CatalogNews } from '@drover/ports';
import { DETAILS, detailsOf } from './details.vsphere.js';
import { isGone, isLostSession, readFault } from './faults.vsphere.js';
import { MACHINE, STREAMED } from './machine.vsphere.js';
import { readPlaces } from './places.vsphere.js';
import { ofObjects, pages, retrieve, type Found } from './properties.vsphere.js';
import { momentOf, type Timing } from './read-moment.vsphere.js';
import type { Session } from './session.vsphere.js';
import type { Open } from './sessions.vsphere.js';
import { seen } from './sighting.vsphere.js';
import { streamedMachines } from './streamed-machines.vsphere.js';
import { openUpdates } from './updates.vsphere.js';

/** The longest wait in one request. Nothing is lost in between: the next one goes on where it ended. */
const WAIT_SECONDS = 25;
const CHUNK = 500;

/** What a stream belongs to. */
interface Watched {
  readonly open: Open;
  readonly target: ConnectionTarget;
  readonly timing: Timing;
}

/**
 * The details of some machines. One that has left meanwhile spoils the reading of all, so it is halved until it is
 * found.
 */
const readDetails = async (
  session: Session,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly Found[]> => {
  if (ids.length === 0) return [];
  const refs = ids.map((id) => ({ type: MACHINE, id }));
  const spec = ofObjects(refs, [{ type: MACHINE, paths: DETAILS }]);
  try {
    return await session.run((ask, content) => retrieve(ask, content, spec), signal);
  } catch (error) {
    if (!isGone(error)) throw error;
    const half = Math.ceil(ids.length / 2);
    const halves = ids.length === 1 ? [] : [ids.slice(0, half), ids.slice(half)];
    return (await Promise.all(halves.map((some) => readDetails(session, some, signal)))).flat();
  }
};

async function* follow({ open, target, timing }: Watched, signal: AbortSignal): AsyncGenerator<CatalogNews> {
  const { session, cache } = open;
  const streamed = streamedMachines();
  let places = await readPlaces(session, signal);
  const stream = await openUpdates(session, { type: MACHINE, paths: STREAMED }, signal);
  const look = (ids: readonly string[], moment = momentOf(timing)) =>
    streamed.look(ids, (id, known) => seen(cache, id, known, { connection: target.id, places }, moment));
  const hidden = new Set<string>(); // places that the account may not see: not looked for again
  const strange = (id: string) =>
    ['parent', 'runtime.host'].flatMap((path) => {
      const place = streamed.scalars(id)[path];
      return place === undefined || hidden.has(place) || places.has(place) ? [] : [place];
    });

  try {
    const begun = momentOf(timing);
    for (let more = true; more;) {
      const first = await stream.next(0);
      streamed.take(first.updates);
      more = first.more;
    }
    for await (const page of pages(session, [{ type: MACHINE, paths: DETAILS }], signal)) {
      for (const { ref, values } of page) streamed.detail(ref.id, detailsOf(values));
      yield {
        is: 'machines',
        machines: look(
          page.map(({ ref }) => ref.id),
          begun,
        ),
      };
    }
    cache.keepOnly(streamed.present());
    yield { is: 'complete', at: begun.observedAt };

    while (!signal.aborted) {
      const { updates } = await stream.next(WAIT_SECONDS);
      const { changed, asking } = streamed.take(updates);
      for (let i = 0; i < asking.length; i += CHUNK)
        for (const { ref, values } of await readDetails(session, asking.slice(i, i + CHUNK), signal))
          streamed.detail(ref.id, detailsOf(values));
      const unknown = changed.flatMap(strange);
      if (unknown.length > 0) places = await readPlaces(session, signal);
      for (const place of unknown) if (!places.has(place)) hidden.add(place);
      const machines = look(changed);
      const instanceUuids = streamed.removed();
      instanceUuids.forEach(cache.forget);
      if (machines.length > 0) yield { is: 'machines', machines };
      if (instanceUuids.length > 0) {
        const { observedAt: at, run, n } = momentOf(timing);
        yield { is: 'removed', instanceUuids, at, order: { run, n } };
      }
    }
  } finally {
    await stream.close();
  }
}

/**
 * All machines, then every change at once: one filter on one view, one request that waits. The fleet is never polled.
 * The stream's own first answer is the listing, so no change falls between the two; devices and addresses are read
 * beside it, once, and again when the stream says that a configuration changed.
 */
export async function* watch(watched: Watched, signal: AbortSignal): AsyncGenerator<CatalogNews> {
  try {
    yield* follow(watched, signal);
  } catch (error) {
    if (signal.aborted) return;
    // The filter lives in the session: one is gone when the other is.
    if (isLostSession(error) || isGone(error))
      throw new ProviderFault('provider_unreachable', 'the session was lost', 'no', { cause: error });
    throw readFault(error);
  }
}
