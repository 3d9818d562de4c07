// The small question that is asked by itself where nothing else was asked for a while. Never: a second question while one is
// under way.
import type { Clock } from '@drover/ports';

const TICK_MS = 1_250;

/** Asks something by itself whenever it is due, one question at a time. */
export const pulseOf = (clock: Pick<Clock, 'after'>, isDue: () => boolean, ask: () => Promise<unknown>) => {
  let callOff: (() => void) | null = null;
  let asking = false;
  const beat = () => {
    callOff = clock.after(TICK_MS, beat);
    if (asking || !isDue()) return;
    asking = true;
    void ask()
      .catch(() => {}) // what it found out was told where it was asked
      .finally(() => (asking = false));
  };
  return {
    isOn: () => callOff !== null,
    start: () => void (callOff ??= clock.after(TICK_MS, beat)),
    stop: () => {
      callOff?.();
      callOff = null;
    },
  };
};
