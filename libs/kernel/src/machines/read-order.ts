// Which of two readings is newer. Never: decided by a clock, but for events of the first release, which carry nothing else.
import * as z from 'zod';
import { ProcessRunId } from '../ids.js';
import type { Instant } from '../time/clock.js';

/**
 * Where a reading stands among others: `run`, the process run that read, and `n`, the number that it counted up when it
 * sent the request. A reading is valid for that moment, however late its answer comes; no clock has a say in it.
 */
export const ReadOrder = z.object({ run: ProcessRunId.schema, n: z.int().positive() });
/** The place of one reading among others. */
export type ReadOrder = z.output<typeof ReadOrder>;

/** The moment that a reading is of: its order, and the time of day for people. */
export type ReadMoment = ReadOrder & { readonly observedAt: Instant };

/** The members as facts carry them: both, or neither in those that were recorded before readings were numbered. */
export type RecordedOrder = Readonly<ReadOrder> | { readonly run?: never; readonly n?: never };

/** The order that a fact carries; null when it carries none. */
export const recordedOrder = ({ run, n }: RecordedOrder): ReadOrder | null => (run === undefined ? null : { run, n });

/** How the first of two readings stands to the second. `unordered`: two runs read, so only another reading can tell. */
export const compareReads = (a: ReadOrder, b: ReadOrder): 'earlier' | 'same' | 'later' | 'unordered' => {
  if (a.run !== b.run) return 'unordered';
  return a.n < b.n ? 'earlier' : a.n > b.n ? 'later' : 'same';
};

/** A verdict of a power operation as views keep it: `sequence` is its number in its stream. */
type Verdict = RecordedOrder & { readonly sequence: number; readonly observedAt: Instant };

/**
 * Whether power's last verdict on a machine is newer than inventory's last observation, which was made after the verdict
 * number `after`. Of one run the higher number is newer, and an observation of the same number is the same reading. Between
 * runs the verdict holds until an observation names it. Instants count only where neither says more: in facts of the
 * first release, which are older than any that do.
 */
export const verdictIsNewer = (
  verdict: Verdict,
  observation: RecordedOrder & { readonly observedAt: Instant },
  after: number,
): boolean => {
  if (verdict.sequence <= after) return false;
  const [verified, observed] = [recordedOrder(verdict), recordedOrder(observation)];
  if (!verified) return !observed && verdict.observedAt > observation.observedAt;
  const order = observed && compareReads(verified, observed);
  return order !== 'earlier' && order !== 'same';
};
