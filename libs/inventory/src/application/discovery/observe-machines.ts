import {
  isRejection,
  policyActor,
  unshared,
  yieldToEventLoop,
  type Alias,
  type ConnectionId,
  type GroupId,
  type LoopShare,
  type ReadOrder,
  type VmId,
} from '@drover/kernel';
import {
  contextOf,
  type Clock,
  type EventStore,
  type JobQueue,
  type Machine,
  type ReadCounter,
  type StreamsOf,
  type View,
} from '@drover/ports';
import { settled, unknownAliases } from '../../domain/aliases.js';
import type { Miss } from '../../domain/decide/miss-vm.js';
import { contradicts, type ObservePower } from '../../domain/decide/observe-vm.js';
import type { vmDecider, VmCommand } from '../../domain/vm.decider.js';
import type { Verdict } from '../../domain/vm.events.js';
import { vmStream } from '../../domain/vm.js';
import type { KnownVm } from '../machines/known-vms.projection.js';
import type { Clearance } from '../identity/alias-registry.js';
import type { HeardVerdicts } from './heard-verdicts.js';
import { keptReadings } from './kept-readings.js';
import { printOf } from './machine-print.js';
import { repeats } from './repeated.js';

/** Waits until all have ended, then gives their answers or throws the first failure: nobody writes when the chunk ends. */
const allEnded = async <Answer>(all: readonly Promise<Answer>[]): Promise<readonly Answer[]> => {
  await Promise.allSettled(all);
  return Promise.all(all);
};

/** How many machines are observed at once: their commits share a write to the disk. */
const CHUNK = 32;
const ACTOR = 'observe-machines';
/** The job that reads once more the machines of a connection whose readings are in doubt. */
export const READ_AGAIN = 'read-again';
/** How long further doubts are waited for: one request settles them all. */
const TOGETHER_MS = 100;

/** What a machine is identified by. */
export type Named = Pick<Machine, 'key'> & { readonly aliases?: readonly Alias[] };

/** Whose machines are observed, and under which ids. */
export interface Source {
  readonly connectionId: ConnectionId;
  readonly groupIds: readonly GroupId[];
  identify<M extends Named>(machines: readonly M[]): Promise<readonly { readonly machine: M; readonly vmId: VmId }[]>;
  /** Before a machine is recorded under aliases that it did not have. */
  clear(vmId: VmId, aliases: readonly Alias[], fresh: readonly Alias[]): Promise<Clearance>;
  /** It was recorded all the same: another machine may be this one. */
  contested(vmId: VmId): void;
}

/** What an observation came to. `late`: something newer is known, or the reading is in doubt. */
export type ObservationResult = { readonly vmId: VmId; readonly found: 'added' | 'changed' | 'same' | 'late' };

/** Verdicts that the machines were read after, to be told even when nothing changed. */
export type Confirming = ReadonlyMap<VmId, Verdict>;

/**
 * The one way in which observations of machines are recorded; it remembers the last one of each machine. A reading that
 * was sent before that one was answered, and says something else, is dropped: the machine is to be read once more.
 */
export interface ObservationRecorder {
  observe(source: Source, machines: readonly Machine[], confirming?: Confirming): Promise<readonly ObservationResult[]>;
  /** Answers whether it was settled; if not, the machine has to be read once more. */
  observePower(vmId: VmId, reading: Omit<ObservePower, 'type'>): Promise<boolean>;
  /** What is known of a machine is in doubt: it is read once more, soon, however often this is said meanwhile. */
  doubt(connectionId: ConnectionId, key: string): void;
  /** The machines to be read once more, by their keys. Who reads them takes them out. */
  readonly doubts: ReadonlyMap<ConnectionId, Set<string>>;
  /**
   * Whether a discovery that began then must have shown it and did not. What was removed since may have been in it: the
   * next one judges that.
   */
  lackedSince(vmId: VmId, monotonic: number): boolean;
  /** A listing that began then named it, without a reading. Answers whether it was observed since the process began. */
  isThere(vmId: VmId, monotonic: number): boolean;
  /** A complete discovery lacked it. Answers whether it is gone for good. */
  miss(vmId: VmId, hadAt: Miss['hadAt']): Promise<boolean>;
  /** Its provider said so. A complete discovery that begins from now on confirms it. */
  wasRemoved(vmId: VmId, order: ReadOrder): void;
  stop(): void;
}

/** Where observations go, and what numbers the readings of this process. */
export interface SightingsPorts {
  readonly vms: StreamsOf<typeof vmDecider>;
  readonly eventStore: EventStore;
  readonly clock: Clock;
  readonly reads: ReadCounter;
  readonly verdicts: Pick<HeardVerdicts, 'get'>;
  readonly jobs: Pick<JobQueue, 'nudge'>;
  /** What machines are known as. It has taken in all that was stored when the process began. */
  readonly known?: Pick<View<KnownVm>, 'get'>;
  /** What observing and reading may take of the event loop together. */
  readonly share?: LoopShare;
}

/** A machine as it was read, and the number that was given last when the answer came. */
type Read = Machine & { readonly answered: number };

/** A machine as it was read, and what it is known as. */
type Identified = { readonly machine: Read; readonly vmId: VmId; readonly row: KnownVm | null };

/** Observes machines, in memory where nothing changed, else through the decider. */
export const observationRecorder = (ports: SightingsPorts): ObservationRecorder => {
  const { vms, eventStore, clock, reads, verdicts, jobs, known: views, share = unshared } = ports;
  const kept = keptReadings(reads);
  const seenAt = new Map<VmId, number>();
  const missed = new Map<VmId, { readonly since: number; discoveries: number }>();
  const removals = new Map<VmId, { readonly order: ReadOrder; readonly monotonic: number }>();
  const doubts = new Map<ConnectionId, Set<string>>();
  const leave = eventStore.subscribe((commits) => {
    for (const { stream, version, facts, metadata } of commits) {
      const others = stream.startsWith('vm-') && metadata.actor !== `policy:${ACTOR}`;
      if (others) kept.distrust(stream, version + facts.length);
    }
  });

  const record = async (vmId: VmId, command: VmCommand) => {
    const context = contextOf(policyActor(ACTOR, vmStream(vmId)), null, clock.now());
    const outcome = await vms.transact(vmStream(vmId), command, context);
    if (isRejection(outcome)) throw new Error(`an observation is never refused: ${outcome.because}`);
    return outcome;
  };

  /** What an observation comes to by what is remembered; null when the stream must be asked. */
  const remembered = (vmId: VmId, print: string | null, reading: Read): ObservationResult | null => {
    const { run, n } = reading;
    const removal = removals.get(vmId);
    if (removal?.order.run === run && n <= removal.order.n) return { vmId, found: 'late' }; // read before it was removed
    removals.delete(vmId);
    missed.delete(vmId);
    seenAt.set(vmId, clock.monotonic());
    return print !== null && kept.repeats(vmId, reading, print) ? { vmId, found: 'same' } : null;
  };

  const doubt = (id: ConnectionId, key: string) => {
    doubts.set(id, (doubts.get(id) ?? new Set()).add(key));
    jobs.nudge(READ_AGAIN, id, TOGETHER_MS);
  };

  /** The confirmed verdict that certainly came before a reading: an earlier one of its run, or any of another run. */
  const verdictBefore = async (vmId: VmId, { run, n }: ReadOrder): Promise<Verdict | null> => {
    const heard = await verdicts.get(vmId);
    if (!heard?.confirmed || (heard.run === run && n <= (heard.n ?? n))) return null;
    return { stream: heard.stream, sequence: heard.sequence };
  };

  /**
   * Whether a machine that this process sees for the first time is as the view knows it. Then nothing is recorded: a
   * confirmed verdict is named by its next change, and for an unconfirmed one the machine is read once more.
   */
  const unchanged = ({ connectionId }: Source, machine: Read, vmId: VmId, print: string, row: KnownVm | null) => {
    if (!row || kept.has(vmId) || !repeats(row, { connectionId, ...machine })) return false;
    const taken = kept.take(vmId, machine, print);
    taken?.recorded(0);
    return taken !== null;
  };

  const observeOne = async (
    source: Source,
    machine: Read,
    vmId: VmId,
    confirming?: Confirming,
  ): Promise<ObservationResult> => {
    const print = printOf(machine, source.connectionId);
    const told = confirming?.get(vmId);
    const known = remembered(vmId, told ? null : print, machine);
    if (known) return known;
    const reading = kept.take(vmId, machine, print);
    if (!reading) {
      doubt(source.connectionId, machine.key);
      return { vmId, found: 'late' };
    }
    try {
      const { connectionId, groupIds } = source;
      const { key: _, answered: _answered, ...read } = machine;
      const aliases = read.aliases.map((alias) => settled(alias, connectionId));
      const after = told ?? (await verdictBefore(vmId, machine));
      const observed = {
        connectionId,
        groupIds,
        ...read,
        aliases,
        ...(after && { after }),
        ...(told && { confirms: true as const }),
      };
      const outcome = await record(vmId, { type: 'Observe', ...observed });
      reading.recorded(outcome.after.version);
      const added = outcome.facts.some(({ type }) => type === 'VmDiscovered');
      return { vmId, found: added ? 'added' : outcome.facts.length > 0 ? 'changed' : 'same' };
    } catch (error) {
      reading.lost();
      throw error;
    }
  };

  /**
   * Records a machine that is not as it was known. Where it gets new aliases, whether another one may be about to get them is
   * asked first; then it is read once more, soon.
   */
  const observeChanged = async (
    source: Source,
    { machine, vmId, row }: Identified,
    confirming?: Confirming,
  ): Promise<ObservationResult> => {
    const aliases = machine.aliases.map((alias) => settled(alias, source.connectionId));
    const fresh = unknownAliases(row?.state === 'retired' ? [] : (row?.aliases ?? []), aliases);
    if (fresh.length === 0) return observeOne(source, machine, vmId, confirming);
    const { is, undo } = await source.clear(vmId, aliases, fresh);
    if (is === 'later') doubt(source.connectionId, machine.key);
    const result =
      is === 'later' ? ({ vmId, found: 'late' } as const) : await observeOne(source, machine, vmId, confirming);
    if (result.found === 'late' || result.found === 'same') await undo(); // a person took it out, or it was so already
    if (is === 'contested') source.contested(vmId);
    return result;
  };

  /** Machines that are as they were cost no read of the store. */
  const observeChunk = async (source: Source, machines: readonly Read[], confirming?: Confirming) => {
    const known: ObservationResult[] = [];
    const left: Identified[] = [];
    for (const { machine, vmId } of await source.identify(machines)) {
      const print = confirming?.has(vmId) ? null : printOf(machine, source.connectionId);
      const sighting = remembered(vmId, print, machine);
      const row = sighting ? null : ((await views?.get(vmId)) ?? null);
      if (sighting) known.push(sighting);
      else if (print !== null && unchanged(source, machine, vmId, print, row)) known.push({ vmId, found: 'same' });
      else left.push({ machine, vmId, row });
    }
    const seen = left.map((each) => observeChanged(source, each, confirming));
    return [...known, ...(await allEnded(seen))];
  };

  return {
    doubts,
    doubt,
    observe: async (source, machines, confirming) => {
      const answered = reads.last();
      const sightings: ObservationResult[] = [];
      for (let from = 0; from < machines.length; from += CHUNK) {
        const read = machines.slice(from, from + CHUNK).map((machine) => ({ ...machine, answered }));
        sightings.push(...(await share.runSpare(() => observeChunk(source, read, confirming))));
        await yieldToEventLoop();
      }
      return sightings;
    },
    observePower: async (vmId, reading) => {
      const taken = kept.take(vmId, { ...reading, answered: reads.last() }, null);
      if (!taken) return !kept.recording(vmId) && !contradicts((await vms.load(vmStream(vmId))).state, reading);
      try {
        const { facts, after } = await record(vmId, { type: 'ObservePower', ...reading });
        if (facts.length === 0) taken.unchanged();
        else taken.recorded(after.version);
        return true;
      } catch (error) {
        taken.lost();
        throw error;
      }
    },
    miss: async (vmId, hadAt) => {
      kept.bar(vmId); // what was asked for before may have been answered before it went
      const now = clock.monotonic();
      const { since = now, discoveries = 0 } = missed.get(vmId) ?? {};
      missed.set(vmId, { since, discoveries: discoveries + 1 });
      const lacked = { missedMs: now - since, discoveries: discoveries + 1, removed: removals.has(vmId) };
      const { after } = await record(vmId, { type: 'Miss', hadAt, ...lacked });
      const gone = after.state.is === 'retired';
      if (gone) for (const memory of [removals, seenAt, missed]) memory.delete(vmId);
      return gone;
    },
    isThere: (vmId, begin) => {
      const observed = seenAt.has(vmId);
      if ((removals.get(vmId)?.monotonic ?? begin) > begin) return true; // it was removed since
      removals.delete(vmId);
      missed.delete(vmId);
      seenAt.set(vmId, clock.monotonic());
      return observed;
    },
    wasRemoved: (vmId, order) => {
      removals.set(vmId, { order, monotonic: clock.monotonic() });
      seenAt.delete(vmId);
    },
    lackedSince: (vmId, begin) => (seenAt.get(vmId) ?? -1) < begin && (removals.get(vmId)?.monotonic ?? begin) <= begin,
    stop: leave,
  };
};
