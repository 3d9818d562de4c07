// All machines of a vCenter, then every change. The stream is opened before the listing, so no change falls between them;
// what it names is read again, never taken from the update. Never: poll the fleet, or tell of a machine without having read
// it after the update.
import { ProviderFault, sleep, type CatalogNews } from '@drover/ports';
import { isGone, isLostSession, readFault } from '../faults.vsphere.js';
import { MACHINE, STREAMED } from './machine.vsphere.js';
import { PLACES } from './places.vsphere.js';
import { pages } from '../soap/properties.vsphere.js';
import { momentOf } from './read-moment.vsphere.js';
import { batchOf, readingsOf, readRefs, WANTED, type Reader } from './read-machines.vsphere.js';
import { openUpdates, type Update } from '../soap/updates.vsphere.js';
import { watchedMachines } from './watched-machines.vsphere.js';

/** The longest wait in one request. Nothing is lost in between: the next one goes on where it ended. */
const WAIT_SECONDS = 25;

/** Between two questions when the first answer named nothing: some servers say so at once, whatever they were asked to wait. */
const AFTER_NOTHING_MS = 1_000;

type Watched = ReturnType<typeof watchedMachines>;

/** Which references an answer of the stream puts in doubt: those it names, and those at places that it names. */
const doubtful = (watched: Watched, updates: readonly Update[]) => {
  const machines = updates.filter(({ type }) => type === MACHINE);
  const last = new Map(machines.map(({ id, kind }) => [id, kind])); // one that left may have come again
  const left = [...last].filter(([, kind]) => kind === 'leave').map(([id]) => id);
  for (const id of left) watched.leave(id);
  const places = new Set(updates.filter(({ type }) => type !== MACHINE).map(({ id }) => id));
  const others = places.size > 0 ? watched.at(places) : [];
  return [...new Set([...last.keys(), ...others])].filter((id) => last.get(id) !== 'leave');
};

/** All machines, read after the stream was opened, so that no change falls between the two. */
async function* listed(reader: Reader, watched: Watched, signal: AbortSignal): AsyncGenerator<CatalogNews> {
  const at = reader.timing.clock.now();
  const sending = () => momentOf(reader.timing);
  for await (const { found, sent } of pages(reader.open.session, WANTED, signal, { sending })) {
    const readings = await readingsOf(reader, found, sent, signal);
    yield { is: 'machines', ...batchOf(readings.map(watched.take)) };
  }
  reader.open.cache.keepOnly(watched.present());
  yield { is: 'complete', at };
}

/** Reads references anew and tells what is there; those that nothing is under any more are left. */
async function* readAnew(
  reader: Reader,
  watched: Watched,
  ids: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<CatalogNews> {
  for await (const { asked, readings } of readRefs(reader, ids, signal)) {
    const here = new Set(readings.map(({ id }) => id));
    for (const id of asked) if (!here.has(id)) watched.leave(id);
    if (readings.length > 0) yield { is: 'machines', ...batchOf(readings.map(watched.take)) };
  }
}

/**
 * Reads again the machines that are in doubt, then those that were skipped for a UUID that is theirs alone now. Tells of
 * machines under no reference any more that they are gone.
 */
async function* changed(
  reader: Reader,
  watched: Watched,
  updates: readonly Update[],
  signal: AbortSignal,
): AsyncGenerator<CatalogNews> {
  yield* readAnew(reader, watched, doubtful(watched, updates), signal);
  yield* readAnew(reader, watched, watched.freed(), signal);
  const keys = watched.removed();
  if (keys.length === 0) return;
  keys.forEach(reader.open.cache.forget);
  const { observedAt: at, run, n } = momentOf(reader.timing);
  yield { is: 'removed', keys, at, order: { run, n } };
}

async function* follow(reader: Reader, signal: AbortSignal): AsyncGenerator<CatalogNews> {
  const { clock } = reader.timing;
  const watched = watchedMachines(() => clock.monotonic());
  const stream = await openUpdates(reader.open.session, [{ type: MACHINE, paths: STREAMED }, ...PLACES], signal);
  try {
    for (let more = true; more;) ({ more } = await stream.next(0));
    yield* listed(reader, watched, signal);
    while (!signal.aborted) {
      const again = clock.monotonic() + AFTER_NOTHING_MS;
      const seconds = Math.min(WAIT_SECONDS, Math.max(1, Math.ceil(watched.dueIn() / 1000)));
      const { updates } = await stream.next(seconds);
      yield* changed(reader, watched, updates, signal);
      yield* readAnew(reader, watched, watched.due(), signal);
      if (updates.length === 0) await sleep(clock, Math.max(0, again - clock.monotonic()), signal);
    }
  } finally {
    await stream.close();
  }
}

/**
 * All machines, then every change at once: one filter on one view, one request that waits. The fleet is never polled. An
 * answer of the stream is a doorbell: it may be older than what was read meanwhile, so whatever it names is read anew,
 * with a request sent after it came. Names of folders, data centers, hosts and networks ring it, too.
 */
export async function* watch(reader: Reader, signal: AbortSignal): AsyncGenerator<CatalogNews> {
  try {
    yield* follow(reader, signal);
  } catch (error) {
    if (signal.aborted) return;
    // The filter lives in the session: one is gone when the other is.
    if (isLostSession(error) || isGone(error))
      throw new ProviderFault('provider_unreachable', 'the session was lost', 'no', { cause: error });
    throw readFault(error);
  }
}
