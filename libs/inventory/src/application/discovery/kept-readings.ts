// The last reading of each machine, in the memory of this process: what a provider says again costs no look into the store,
// and of readings that overlapped none counts as the newer one. Never: keep as said what could not be recorded, or believe
// it after somebody else wrote to the stream.
import type { ProcessRunId, ReadOrder, StreamId, VmId } from '@drover/kernel';
import { recentMap, type ReadCounter } from '@drover/ports';
import { vmStream } from '../../domain/vm.js';

/** How many machines are remembered: more than a fleet has, so only those are forgotten that left it long ago. */
const MOST = 200_000;

/** What a reading said: nobody knows whether the stream has it; it is on its way there; the stream has it at a version. */
type Said =
  | { readonly is: 'unsaid' }
  | { readonly is: 'recording'; readonly print: string | null }
  | { readonly is: 'recorded'; readonly print: string; readonly version: number };

/** The last reading of a machine, in few bytes: an unchanged machine costs no read of the store. */
interface Kept {
  readonly run: ProcessRunId;
  n: number;
  /** The number given last when it was answered: what was sent up to then may be older than the reading, or newer. */
  answered: number;
  said: Said;
}

const UNSAID: Said = { is: 'unsaid' };

/** Whether the stream says it, unless somebody else wrote to it since. */
const stands = (said: Said, print: string, foreign: number) =>
  said.is !== 'unsaid' && said.print === print && (said.is === 'recording' || foreign <= said.version);

/** A reading that is newer than whatever was kept: how the recording of it went. */
export interface TakenReading {
  recorded(version: number): void;
  /** It said nothing new: what was kept of the one before still holds. */
  unchanged(): void;
  lost(): void;
}

/** A reading and the number that was given last when it was answered. */
type Answered = ReadOrder & { readonly answered: number };

/** What this process remembers of the readings of each machine. */
export interface KeptReadings {
  /** Whether a machine was read, or written to by others, since the process began: the view may not have that yet. */
  has(vmId: VmId): boolean;
  /** Whether a reading says what is kept already. */
  repeats(vmId: VmId, reading: Answered, print: string): boolean;
  /** Keeps a reading; null when it was sent before the kept one was answered, so that nobody knows which is newer. */
  take(vmId: VmId, reading: Answered, print: string | null): TakenReading | null;
  /** Whether what is kept is on its way to the stream. */
  recording(vmId: VmId): boolean;
  /** From now on only what is sent later counts. */
  bar(vmId: VmId): void;
  /** Somebody else wrote to a stream: what is kept of an older version may not be what it says. */
  distrust(stream: StreamId, version: number): void;
}

/** Remembers nothing yet. */
export const keptReadings = (reads: ReadCounter): KeptReadings => {
  const kept = recentMap<VmId, Kept>(MOST);
  const foreign = recentMap<StreamId, number>(MOST);
  return {
    has: (vmId) => kept.has(vmId) || foreign.has(vmStream(vmId)),
    repeats: (vmId, { run, n, answered }, print) => {
      const last = kept.get(vmId);
      if (last?.run !== run || !stands(last.said, print, foreign.get(vmStream(vmId)) ?? 0)) return false;
      last.n = Math.max(last.n, n);
      last.answered = Math.max(last.answered, answered, n);
      kept.set(vmId, last); // as the latest
      return true;
    },
    take: (vmId, { run, n, answered }, print) => {
      const before = kept.get(vmId);
      if (before?.run === run && n <= before.answered) {
        before.answered = Math.max(before.answered, answered);
        return null;
      }
      const own: Kept = { run, n, answered: Math.max(answered, n), said: { is: 'recording', print } };
      kept.set(vmId, own);
      return {
        recorded: (version) => void (own.said = print === null ? UNSAID : { is: 'recorded', print, version }),
        unchanged: () => void (own.said = before && before.said.is !== 'recording' ? before.said : UNSAID),
        lost: () => void (own.said = UNSAID),
      };
    },
    recording: (vmId) => kept.get(vmId)?.said.is === 'recording',
    bar: (vmId) => {
      const n = reads.last();
      kept.set(vmId, { run: reads.run, n, answered: n, said: UNSAID });
    },
    distrust: (stream, version) => void foreign.set(stream, version),
  };
};
