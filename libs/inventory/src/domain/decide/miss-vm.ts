// The rule for a machine that a complete listing lacks: missing first, gone once that has lasted. Never: gone by one listing
// alone, unless its provider said that it removed the machine.
import type { Instant } from '@drover/kernel';
import type { VmFact } from '../vm.events.js';
import { observedAt, type VmState } from '../vm.js';

/** How many complete discoveries in a row must lack a machine, and for how long, before it is gone. */
const DISCOVERIES = 3;
const GONE_MS = 15 * 60_000;

/** A complete discovery ended without the machine. */
export type Miss = {
  readonly type: 'Miss';
  /** The last complete discovery that had it; null when none is known. */
  readonly hadAt: Instant | null;
  /** For how long this process has missed it, in milliseconds that no clock's jump can change. */
  readonly missedMs: number;
  /** How many complete discoveries of this process lacked it in a row, this one included. */
  readonly discoveries: number;
  /** Its provider said, in a live session, that it removed the machine. */
  readonly removed: boolean;
};

/** Missing first; gone once that has lasted, or at once when the provider's own word is confirmed. */
export const miss = (vm: VmState, { hadAt, missedMs, discoveries, removed }: Miss): readonly VmFact[] => {
  if (vm.is !== 'seen' && vm.is !== 'missing') return [];
  const long = missedMs >= GONE_MS && discoveries >= DISCOVERIES;
  if (removed || (vm.is === 'missing' && long)) return [{ type: 'VmRetired', cause: 'gone' }];
  if (vm.is === 'missing') return [];
  const read = observedAt(vm);
  return [{ type: 'VmWentMissing', lastSeenAt: hadAt && hadAt > read ? hadAt : read }];
};
