// The machine catalog of the simulated sites: listings, readings and watches, with the delays and faults that are set. A
// watch takes its listing and its subscription in one synchronous step. Never: await between the two; a change in between
// would be lost.
import type { ConnectionTarget, Instant, ReadOrder } from '@drover/kernel';
import { faultOf, ProviderFault, type CatalogNews, type MachineBatch, type MachineCatalog } from '@drover/ports';
import { sites } from './sites/connections.simulator.js';
import { batchOf, identityOf, type SimulatedMachine } from './sites/machine.simulator.js';
import { pause, unreachable, untilSetUp, type Site } from './sites/site.simulator.js';
import type { MachineChange } from './sites/world.simulator.js';

/** The catalog, and a look at whether the sites that are watched can still be reached. */
export interface SimulatedCatalog extends MachineCatalog {
  /** The least that can be asked of a site. */
  ping(target: ConnectionTarget, signal: AbortSignal): Promise<void>;
  /** Some machines as they stand now, for whoever a watch has told of them: no fault happens on the way. */
  look(target: ConnectionTarget, keys: readonly string[]): MachineBatch;
  breakLost(): void;
}

const BATCH = 250;

type Watch = { readonly target: ConnectionTarget; readonly take: (news: CatalogNews | ProviderFault) => void };

/** Finds the simulated machines and tells what becomes of them. */
export const simulatedCatalog = ({ clock, world, faults, latency, reads, setUp }: Site): SimulatedCatalog => {
  const watches = new Set<Watch>();

  /** The way to a site and back; only then it is known to be there. */
  const reach = async ({ id }: ConnectionTarget, signal: AbortSignal) => {
    if (!sites.some((site) => site.id === id)) throw unreachable(id);
    if (!setUp.isDone()) await untilSetUp(setUp, signal);
    if (faults.take([id], 'list')) throw unreachable(id);
    await pause(clock, latency.trip() + latency.trip(), signal, 'no');
  };
  const of = ({ id }: ConnectionTarget) => world.all().filter(({ plan }) => plan.connectionId === id);
  const among = ({ id }: ConnectionTarget, keys: readonly string[]) =>
    keys.flatMap((uuid) => world.find(id, uuid) ?? []);
  function* sliced(machines: readonly SimulatedMachine[]) {
    for (let from = 0; from < machines.length; from += BATCH) yield machines.slice(from, from + BATCH);
  }
  /** They are read in one go, whenever that was asked for: what changes from now on is not in it. */
  function* batches(
    machines: readonly SimulatedMachine[],
    at: Instant,
    order: ReadOrder,
  ): Generator<MachineBatch, void> {
    for (const some of sliced(machines)) yield batchOf(some, at, order);
  }
  const newsOf = ({ is, machine }: MachineChange): CatalogNews => {
    const [at, order] = [clock.now(), reads.next()];
    if (is === 'removed') return { is, keys: [machine.plan.instanceUuid], at, order };
    return { is: 'machines', ...batchOf([machine], at, order) };
  };

  return {
    ping: async ({ id }, signal) => {
      if (!sites.some((site) => site.id === id) || faults.unavailable(id)) throw unreachable(id);
      await pause(clock, latency.trip() + latency.trip(), signal, 'no');
    },
    test: async (target, signal) => {
      const begun = clock.monotonic();
      const passed = () => Math.round(clock.monotonic() - begun);
      try {
        await reach(target, signal);
        const durationMs = passed();
        const well = { ok: true, code: null, detail: null, durationMs };
        return (['tcp', 'session', 'read'] as const).map((step) => ({ step, ...well }));
      } catch (error) {
        const { code, detail } = faultOf(error);
        return [{ step: 'tcp', ok: false, code, detail, durationMs: passed() }];
      }
    },
    list: async function* (target, signal) {
      const order = reads.next();
      await reach(target, signal);
      yield* batches(of(target), clock.now(), order);
    },
    identities: async function* (target, signal) {
      await reach(target, signal);
      for (const machines of sliced(of(target))) yield machines.map(identityOf);
    },
    read: async (target, keys, signal) => {
      const order = reads.next();
      await reach(target, signal);
      return batchOf(among(target, keys), clock.now(), order).machines;
    },
    look: (target, keys) => batchOf(among(target, keys), clock.now(), reads.next()),
    watch: async function* (target, signal) {
      const queue: (CatalogNews | ProviderFault)[] = [];
      let [wake, listed] = [() => {}, false];
      const stop = () => wake();
      const take = (news: CatalogNews | ProviderFault) => (queue.push(news), wake());
      const watch = { target, take };
      const forget = world.onChange((change) => {
        if (listed && change.machine.plan.connectionId === target.id) take(newsOf(change));
      });
      watches.add(watch);
      signal.addEventListener('abort', stop);
      try {
        const order = reads.next();
        await reach(target, signal);
        listed = true; // in one go with the listing
        const [machines, at] = [of(target), clock.now()];
        for (const batch of batches(machines, at, order)) {
          if (signal.aborted) return;
          yield { is: 'machines', ...batch };
        }
        yield { is: 'complete', at };
        while (!signal.aborted) {
          const news = queue.shift();
          if (news instanceof ProviderFault) throw news;
          if (news) yield news;
          else await new Promise<void>((done) => (wake = done));
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        forget();
        watches.delete(watch);
        signal.removeEventListener('abort', stop);
      }
    },
    // Whoever releases an old revision leaves the newer one alone.
    release: async ({ id, revision }) => {
      const gone = new ProviderFault('provider_unreachable', `The session with ${id} was ended.`);
      for (const { target, take } of watches) if (target.id === id && target.revision <= revision) take(gone);
    },
    breakLost: () => {
      for (const { target, take } of watches) if (faults.unavailable(target.id)) take(unreachable(target.id));
    },
  };
};
