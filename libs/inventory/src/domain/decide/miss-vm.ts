import { Instant } from '@drover/kernel';
import type { VmFact } from '../vm.events.js';
import { observedAt, type Vm } from '../vm.js';

/** How many complete discoveries in a row must lack a machine, and for how long, before it is gone. */
const DISCOVERIES = 3;
const GONE_MS = 15 * 60_000;

/** A complete discovery ended without the machine. */
export type Miss = {
  readonly type: 'Miss';
  readonly now: Instant;
  /** The last complete discovery that had it; null when none is known. */
  readonly hadAt: Instant | null;
  /** Since when it is missing; null while it is not. */
  readonly since: Instant | null;
  /** When the complete discoveries before this one ended. */
  readonly discoveries: readonly Instant[];
  /** Its provider said, in a live session, that it removed the machine. */
  readonly removed: boolean;
};

const longMissing = ({ now, since, discoveries }: Miss) =>
  since !== null &&
  Instant.msBetween(since, now) >= GONE_MS &&
  discoveries.filter((at) => at >= since).length + 1 >= DISCOVERIES;

/** Missing first; gone once that has lasted, or at once when the provider's own word is confirmed. */
export const miss = (vm: Vm, wish: Miss): readonly VmFact[] => {
  if (vm.is !== 'seen' && vm.is !== 'missing') return [];
  if (wish.removed || (vm.is === 'missing' && longMissing(wish))) return [{ type: 'VmRetired', cause: 'gone' }];
  if (vm.is === 'missing') return [];
  const read = observedAt(vm);
  return [{ type: 'VmWentMissing', lastSeenAt: wish.hadAt && wish.hadAt > read ? wish.hadAt : read }];
};
