// The one way in which observations of machines are recorded. Machines that are as they were cost no read of the store: the last
// reading of each is kept in few bytes, and one that was not seen yet is compared with the directory. The rest goes through the
// decider, some at a time. Never: a second way to record an observation; what is remembered here would not know of it.
import { unshared, yieldToEventLoop, type LoopShare, type VmId } from '@drover/kernel';
import type { Clock, EventStore, JobQueue, Machine, ReadCounter, StreamsOf, View } from '@drover/ports';
import { settled, unknownAliases } from '../../domain/aliases.js';
import type { Miss } from '../../domain/decide/miss-vm.js';
import { contradicts, type ObservePower } from '../../domain/decide/observe-vm.js';
import type { vmDecider } from '../../domain/vm.decider.js';
import { vmStream } from '../../domain/vm.js';
import type { KnownVm } from '../machines/vm-directory.projection.js';
import { doubtedMachines, type DoubtedMachines } from './doubted-machines.js';
import type { PowerVerdicts } from './power-verdicts.js';
import { keptReadings } from './kept-readings.js';
import { printOf } from './machine-print.js';
import type { Confirming, IdentifiedMachine, ObservationResult, ReadMachine, Source } from './observed-source.js';
import { presenceOn, type Presence } from './presence.js';
import { OBSERVER, recordObservation, recordReading } from './record-reading.js';
import { repeats } from './repeated.js';

/** Waits until all have ended, then gives their answers or throws the first failure: nobody writes when the chunk ends. */
const allEnded = async <Answer>(all: readonly Promise<Answer>[]): Promise<readonly Answer[]> => {
  await Promise.allSettled(all);
  return Promise.all(all);
};

/** How many machines are observed at once: their commits share a write to the disk. */
const CHUNK = 32;

/**
 * Records observations, and remembers the last one of each machine. A reading that was sent before that one was answered, and
 * says something else, is dropped: the machine is to be read once more.
 */
export interface ObservationRecorder extends DoubtedMachines, Pick<Presence, 'lackedSince' | 'isThere' | 'wasRemoved'> {
  observe(source: Source, machines: readonly Machine[], confirming?: Confirming): Promise<readonly ObservationResult[]>;
  /** Answers whether it was settled; if not, the machine has to be read once more. */
  observePower(vmId: VmId, reading: Omit<ObservePower, 'type'>): Promise<boolean>;
  /** A complete discovery lacked it. Answers whether it is gone for good. */
  miss(vmId: VmId, hadAt: Miss['hadAt']): Promise<boolean>;
  stop(): void;
}

/** Where observations go, and what numbers the readings of this process. */
export interface RecorderPorts {
  readonly vms: StreamsOf<typeof vmDecider>;
  readonly eventStore: EventStore;
  readonly clock: Clock;
  readonly reads: ReadCounter;
  readonly verdicts: Pick<PowerVerdicts, 'get'>;
  readonly jobs: Pick<JobQueue, 'nudge'>;
  /** What machines are known as. It has taken in all that was stored when the process began. */
  readonly known?: Pick<View<KnownVm>, 'get'>;
  /** What observing and reading may take of the event loop together. */
  readonly share?: LoopShare;
}

/** Observes machines, in memory where nothing changed, else through the decider. */
export const observationRecorder = (ports: RecorderPorts): ObservationRecorder => {
  const { vms, eventStore, clock, reads, verdicts, jobs, known: views, share = unshared } = ports;
  const kept = keptReadings(reads);
  const presence = presenceOn(clock);
  const doubted = doubtedMachines(jobs);
  const recording = { vms, clock, verdicts, kept, doubt: doubted.doubt };
  const leave = eventStore.subscribe((commits) => {
    for (const { stream, version, facts, metadata } of commits) {
      const others = stream.startsWith('vm-') && metadata.actor !== `policy:${OBSERVER}`;
      if (others) kept.distrust(stream, version + facts.length);
    }
  });

  /** What an observation comes to by what is remembered; null when the stream must be asked. */
  const remembered = (vmId: VmId, print: string | null, reading: ReadMachine): ObservationResult | null => {
    if (!presence.wasRead(vmId, reading)) return { vmId, found: 'late' };
    return print !== null && kept.repeats(vmId, reading, print) ? { vmId, found: 'same' } : null;
  };

  /**
   * Whether a machine that this process sees for the first time is as the view knows it. Then nothing is recorded: a
   * confirmed verdict is named by its next change, and for an unconfirmed one the machine is read once more.
   */
  const unchanged = ({ connectionId }: Source, { machine, vmId, row }: IdentifiedMachine, print: string) => {
    if (!row || kept.has(vmId) || !repeats(row, { connectionId, ...machine })) return false;
    const taken = kept.take(vmId, machine, print);
    taken?.recorded(0);
    return taken !== null;
  };

  const observeOne = async (source: Source, machine: ReadMachine, vmId: VmId, confirming?: Confirming) => {
    const print = printOf(machine, source.connectionId);
    const told = confirming?.get(vmId);
    const known = remembered(vmId, told ? null : print, machine);
    return known ?? recordReading(source, { machine, vmId, print, told }, recording);
  };

  /**
   * Records a machine that is not as it was known. Where it gets new aliases, whether another one may be about to get them is
   * asked first; then it is read once more, soon.
   */
  const observeChanged = async (
    source: Source,
    { machine, vmId, row }: IdentifiedMachine,
    confirming?: Confirming,
  ): Promise<ObservationResult> => {
    const aliases = machine.aliases.map((alias) => settled(alias, source.connectionId));
    const fresh = unknownAliases(row?.life.is === 'retired' ? [] : (row?.aliases ?? []), aliases);
    if (fresh.length === 0) return observeOne(source, machine, vmId, confirming);
    const { is, undo } = await source.clear(vmId, aliases, fresh);
    if (is === 'later') doubted.doubt(source.connectionId, machine.key);
    const result =
      is === 'later' ? ({ vmId, found: 'late' } as const) : await observeOne(source, machine, vmId, confirming);
    if (result.found === 'late' || result.found === 'same') await undo(); // a person took it out, or it was so already
    if (is === 'contested') source.contested(vmId);
    return result;
  };

  /** Machines that are as they were cost no read of the store. */
  const observeChunk = async (source: Source, machines: readonly ReadMachine[], confirming?: Confirming) => {
    const results: ObservationResult[] = [];
    const left: IdentifiedMachine[] = [];
    for (const { machine, vmId } of await source.identify(machines)) {
      const print = confirming?.has(vmId) ? null : printOf(machine, source.connectionId);
      const known = remembered(vmId, print, machine);
      const row = known ? null : ((await views?.get(vmId)) ?? null);
      if (known) results.push(known);
      else if (print !== null && unchanged(source, { machine, vmId, row }, print))
        results.push({ vmId, found: 'same' });
      else left.push({ machine, vmId, row });
    }
    const changed = left.map((each) => observeChanged(source, each, confirming));
    return [...results, ...(await allEnded(changed))];
  };

  return {
    ...doubted,
    ...{ lackedSince: presence.lackedSince, isThere: presence.isThere, wasRemoved: presence.wasRemoved },
    observe: async (source, machines, confirming) => {
      const answered = reads.last();
      const results: ObservationResult[] = [];
      for (let from = 0; from < machines.length; from += CHUNK) {
        const read = machines.slice(from, from + CHUNK).map((machine) => ({ ...machine, answered }));
        results.push(...(await share.runSpare(() => observeChunk(source, read, confirming))));
        await yieldToEventLoop();
      }
      return results;
    },
    observePower: async (vmId, reading) => {
      const taken = kept.take(vmId, { ...reading, answered: reads.last() }, null);
      if (!taken) return !kept.recording(vmId) && !contradicts((await vms.load(vmStream(vmId))).state, reading);
      try {
        const { facts, after } = await recordObservation(vmId, { type: 'ObservePower', ...reading }, recording);
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
      const { after } = await recordObservation(vmId, { type: 'Miss', hadAt, ...presence.missed(vmId) }, recording);
      const gone = after.state.is === 'retired';
      if (gone) presence.forget(vmId);
      return gone;
    },
    stop: leave,
  };
};
