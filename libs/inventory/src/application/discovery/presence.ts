// When this process saw machines last, which it missed, and which their provider said it removed. In memory and on the
// monotonic clock: a process that begins knows nothing of the one before. Never: gone sooner for a restart, or for a clock
// that jumps.
import type { ReadOrder, VmId } from '@drover/kernel';
import type { Clock } from '@drover/ports';
import type { Miss } from '../../domain/decide/miss-vm.js';

/** What this process remembers of who was there. */
export interface Presence {
  /** A reading shows a machine. False when it was read before the machine was removed. */
  wasRead(vmId: VmId, order: ReadOrder): boolean;
  /** A listing that began then named it, without a reading. Answers whether it was observed since the process began. */
  isThere(vmId: VmId, begin: number): boolean;
  /** Whether a discovery that began then must have shown it and did not. */
  lackedSince(vmId: VmId, begin: number): boolean;
  /** Its provider said so. A complete discovery that begins from now on confirms it. */
  wasRemoved(vmId: VmId, order: ReadOrder): void;
  /** A complete discovery lacked it: for how long, how often in a row, and whether its provider said that it went. */
  missed(vmId: VmId): Pick<Miss, 'missedMs' | 'discoveries' | 'removed'>;
  /** It is gone for good. */
  forget(vmId: VmId): void;
}

/** Remembers nobody yet. */
export const presenceOn = (clock: Clock): Presence => {
  const seenAt = new Map<VmId, number>();
  const misses = new Map<VmId, { readonly since: number; readonly discoveries: number }>();
  const removals = new Map<VmId, { readonly order: ReadOrder; readonly monotonic: number }>();
  const sees = (vmId: VmId) => {
    removals.delete(vmId);
    misses.delete(vmId);
    seenAt.set(vmId, clock.monotonic());
  };
  return {
    wasRead: (vmId, { run, n }) => {
      const removal = removals.get(vmId);
      if (removal?.order.run === run && n <= removal.order.n) return false;
      sees(vmId);
      return true;
    },
    isThere: (vmId, begin) => {
      const observed = seenAt.has(vmId);
      if ((removals.get(vmId)?.monotonic ?? begin) > begin) return true; // it was removed since
      sees(vmId);
      return observed;
    },
    lackedSince: (vmId, begin) => (seenAt.get(vmId) ?? -1) < begin && (removals.get(vmId)?.monotonic ?? begin) <= begin,
    wasRemoved: (vmId, order) => {
      removals.set(vmId, { order, monotonic: clock.monotonic() });
      seenAt.delete(vmId);
    },
    missed: (vmId) => {
      const now = clock.monotonic();
      const { since = now, discoveries: before = 0 } = misses.get(vmId) ?? {};
      const discoveries = before + 1;
      misses.set(vmId, { since, discoveries });
      return { missedMs: now - since, discoveries, removed: removals.has(vmId) };
    },
    forget: (vmId) => {
      for (const memory of [removals, seenAt, misses]) memory.delete(vmId);
    },
  };
};
