import {
  breathe,
  hashOf,
  isRejection,
  policyActor,
  type Alias,
  type ConnectionId,
  type Instant,
  type VmId,
} from '@drover/kernel';
import { wishOf, type Clock, type EventStore, type Machine, type StreamsOf, type View } from '@drover/ports';
import { settled } from '../../domain/aliases.js';
import type { Miss } from '../../domain/decide/miss-vm.js';
import type { ObservePower } from '../../domain/decide/observe-vm.js';
import type { vmDecider, VmCommand } from '../../domain/vm.decider.js';
import { vmStream } from '../../domain/vm.js';
import type { KnownVm } from '../projections/known-vms.projection.js';
import type { AliasTurns } from '../queries/alias-turns.query.js';
import { repeats } from '../queries/repeated.query.js';

/** Their answers, or the first failure once every one of them has ended: a turn is not given on while one still writes. */
const allEnded = async <Answer>(all: readonly Promise<Answer>[]): Promise<readonly Answer[]> => {
  await Promise.allSettled(all);
  return Promise.all(all);
};

/** How many machines are observed at once: their commits share a write to the disk. */
const CHUNK = 64;
const ACTOR = 'observe-machines';

/** What a machine is identified by. */
export type Named = Pick<Machine, 'instanceUuid'> & { readonly aliases?: readonly Alias[] };

/** Whose machines are observed, and under which ids. */
export interface Source {
  readonly connectionId: ConnectionId;
  readonly groupIds: readonly string[];
  /** The keys of its unique aliases. */
  readonly keysOf: (machine: Named) => readonly string[];
  identify<M extends Named>(machines: readonly M[]): Promise<readonly { readonly machine: M; readonly vmId: VmId }[]>;
  /** While an observation is recorded nobody else gives these aliases to a machine. */
  readonly inTurn: AliasTurns;
}

/** What an observation came to. `late`: something newer is known. */
export type Sighting = { readonly vmId: VmId; readonly found: 'added' | 'changed' | 'same' | 'late' };

/** The one way in which observations of machines are recorded; it remembers the last one of each machine. */
export interface Sightings {
  observe(source: Source, machines: readonly Machine[]): Promise<readonly Sighting[]>;
  observePower(vmId: VmId, reading: Omit<ObservePower, 'type'>): Promise<void>;
  /**
   * Whether a discovery that began then must have shown it and did not. What was removed since may have been in it: the
   * next one judges that.
   */
  lackedSince(vmId: VmId, monotonic: number): boolean;
  /** A listing that began then named it, without a reading. Answers whether it was observed since the process began. */
  isThere(vmId: VmId, monotonic: number): boolean;
  /** A complete discovery lacked it. Answers whether it is gone for good. */
  miss(vmId: VmId, wish: Omit<Miss, 'type' | 'now' | 'removed'>): Promise<boolean>;
  /** Its provider said so. A complete discovery that begins from now on confirms it. */
  wasRemoved(vmId: VmId, at: Instant): void;
  stop(): void;
}

/** What was observed last, in few bytes: an unchanged machine costs no read of the store. */
interface Kept {
  readonly print: string;
  readonly version: number;
  observedAt: Instant;
}

/** Where observations go. */
export interface SightingsPorts {
  readonly vms: StreamsOf<typeof vmDecider>;
  readonly eventStore: EventStore;
  readonly clock: Clock;
  /** What machines are known as. It has taken in all that was stored when the process began. */
  readonly known?: Pick<View<KnownVm>, 'get'>;
}

const printOf = (machine: Machine, { connectionId }: Pick<Source, 'connectionId'>) => {
  const { name, aliases, hardware, power, tools, bootAt, connectionState, template } = machine;
  const made = hardware && { ...hardware, observedAt: '' };
  return hashOf([connectionId, name, aliases, made, power, tools, bootAt, connectionState, template]);
};

/** Observes machines, in memory where nothing changed, else through the decider. */
export const sightingsOf = ({ vms, eventStore, clock, known: views }: SightingsPorts): Sightings => {
  const kept = new Map<VmId, Kept>();
  const seenAt = new Map<VmId, number>();
  const removals = new Map<VmId, { readonly at: Instant; readonly monotonic: number }>();
  /** Versions that someone else wrote: what is kept of an older one is not to be trusted. */
  const foreign = new Map<string, number>();
  /** Of whom something was written since the process began: the view may not have it yet. */
  const written = new Set<string>();
  const leave = eventStore.subscribe((commits) => {
    for (const { stream, version, facts, metadata } of commits) {
      if (stream.startsWith('vm-')) written.add(stream);
      if (stream.startsWith('vm-') && metadata.actor !== `policy:${ACTOR}`) foreign.set(stream, version + facts.length);
    }
  });

  /** Whether a machine is, at its first sight in this life, what it was known as before. */
  const unchanged = async ({ connectionId }: Source, machine: Machine, vmId: VmId) => {
    const stream = vmStream(vmId);
    if (kept.has(vmId) || written.has(stream)) return false;
    const row = await views?.get(vmId);
    if (!row || written.has(stream) || !repeats(row, { connectionId, ...machine })) return false;
    kept.set(vmId, { print: printOf(machine, { connectionId }), version: 0, observedAt: machine.observedAt });
    return true;
  };

  const record = async (vmId: VmId, command: VmCommand) => {
    const wish = wishOf(policyActor(ACTOR, vmStream(vmId)), null, clock.now());
    const outcome = await vms.transact(vmStream(vmId), command, wish);
    if (isRejection(outcome)) throw new Error(`an observation is never refused: ${outcome.because}`);
    return outcome;
  };

  /** What an observation comes to by what is remembered; null when the stream must be asked. */
  const remembered = (vmId: VmId, print: string, observedAt: Instant): Sighting | null => {
    if (observedAt < (removals.get(vmId)?.at ?? '')) return { vmId, found: 'late' }; // read before it was removed
    removals.delete(vmId);
    seenAt.set(vmId, clock.monotonic());
    const last = kept.get(vmId);
    if (last && observedAt < last.observedAt) return { vmId, found: 'late' };
    if (last?.print !== print || (foreign.get(vmStream(vmId)) ?? 0) > last.version) return null;
    last.observedAt = observedAt;
    return { vmId, found: 'same' };
  };

  const observeOne = async (source: Source, machine: Machine, vmId: VmId): Promise<Sighting> => {
    const { observedAt } = machine;
    const print = printOf(machine, source);
    const known = remembered(vmId, print, observedAt);
    if (known) return known;
    const { connectionId, groupIds } = source;
    const { instanceUuid: _, ...read } = machine;
    const aliases = read.aliases.map((alias) => settled(alias, connectionId));
    const { facts, after } = await record(vmId, { type: 'Observe', connectionId, groupIds, ...read, aliases });
    const newest = kept.get(vmId);
    if (!newest || newest.observedAt <= observedAt) kept.set(vmId, { print, version: after.version, observedAt });
    const added = facts.some(({ type }) => type === 'VmDiscovered');
    return { vmId, found: added ? 'added' : facts.length > 0 ? 'changed' : 'same' };
  };

  /**
   * Machines that are as they were wait for nobody. The others are identified once more when it is their turn: who was
   * registered meanwhile is known then.
   */
  const observeChunk = async (source: Source, machines: readonly Machine[]): Promise<readonly Sighting[]> => {
    const known: Sighting[] = [];
    const left: Machine[] = [];
    for (const { machine, vmId } of await source.identify(machines)) {
      const sighting = remembered(vmId, printOf(machine, source), machine.observedAt);
      if (sighting) known.push(sighting);
      else if (await unchanged(source, machine, vmId)) known.push({ vmId, found: 'same' });
      else left.push(machine);
    }
    if (left.length === 0) return known;
    return source.inTurn(left.flatMap(source.keysOf), async () => {
      const identified = await source.identify(left);
      const seen = await allEnded(identified.map(({ machine, vmId }) => observeOne(source, machine, vmId)));
      return [...known, ...seen];
    });
  };

  return {
    observe: async (source, machines) => {
      const sightings: Sighting[] = [];
      for (let from = 0; from < machines.length; from += CHUNK) {
        sightings.push(...(await observeChunk(source, machines.slice(from, from + CHUNK))));
        await breathe();
      }
      return sightings;
    },
    observePower: async (vmId, reading) => {
      const last = kept.get(vmId);
      if (last && reading.observedAt < last.observedAt) return;
      kept.delete(vmId);
      await record(vmId, { type: 'ObservePower', ...reading });
    },
    miss: async (vmId, wish) => {
      kept.delete(vmId);
      const removed = removals.has(vmId);
      const { after } = await record(vmId, { type: 'Miss', ...wish, now: clock.now(), removed });
      const gone = after.state.is === 'retired';
      if (gone) for (const memory of [removals, seenAt]) memory.delete(vmId);
      return gone;
    },
    isThere: (vmId, begin) => {
      const observed = seenAt.has(vmId);
      if ((removals.get(vmId)?.monotonic ?? begin) > begin) return true; // it was removed since
      removals.delete(vmId);
      seenAt.set(vmId, clock.monotonic());
      return observed;
    },
    wasRemoved: (vmId, at) => {
      removals.set(vmId, { at, monotonic: clock.monotonic() });
      seenAt.delete(vmId);
    },
    lackedSince: (vmId, begin) => (seenAt.get(vmId) ?? -1) < begin && (removals.get(vmId)?.monotonic ?? begin) <= begin,
    stop: leave,
  };
};
