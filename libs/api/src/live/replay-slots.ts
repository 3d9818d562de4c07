// Limits how many streams of one principal replay at once; the others wait in order. Never: a right that stays with a client
// that left.
import type { PrincipalId } from '@drover/kernel';

/** The right to replay of one stream. */
export interface ReplaySlot {
  /** Resolves when the stream may replay: at once when it may already, else after those of its principal that came before. */
  take(): Promise<void>;
  /** Gives the right to the next, or leaves the line. */
  leave(): void;
}

/** Who replays: so many streams of a principal at once, the others in the order in which they came. */
export const replaySlots = (atOnce: number) => {
  interface Held {
    granted: boolean;
    grant: () => void;
  }
  const lines = new Map<string, Set<Held>>();
  const serve = (principal: PrincipalId) => {
    const line = lines.get(principal);
    if (line?.size === 0) lines.delete(principal);
    // A set keeps the order in which its members came, and those that were granted came first.
    for (const held of [...(line ?? [])].slice(0, atOnce)) {
      held.granted = true;
      held.grant();
    }
  };
  return {
    of: (principal: PrincipalId): ReplaySlot => {
      let mine: Held | null = null;
      return {
        take: () =>
          new Promise((done) => {
            if (mine?.granted) return done();
            mine = { granted: false, grant: done };
            lines.set(principal, (lines.get(principal) ?? new Set()).add(mine));
            serve(principal);
          }),
        leave: () => {
          if (!mine) return;
          const left = mine;
          mine = null;
          lines.get(principal)?.delete(left);
          left.grant(); // whoever waits for it finds its reader gone
          serve(principal);
        },
      };
    },
  };
};

/** Those slots, for signatures. */
export type ReplaySlots = ReturnType<typeof replaySlots>;
