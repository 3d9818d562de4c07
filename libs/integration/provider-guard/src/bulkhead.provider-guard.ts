// How many calls are at a provider at once; the rest waits in order, the urgent first. Never: a wait that outlasts the
// signal of whoever waits.
import { ProviderFault } from '@drover/ports';

/** Of a call that was given up before anything of it was sent. */
export const givenUp = () => new ProviderFault('no_answer', 'The call was given up before it had its turn.');

/** Who waits for a place: how to let him in. */
type Enter = () => void;

/**
 * So many at once and no more; the others wait in the order they came, each as long as its signal lets it. Whoever is
 * urgent goes before those who are not.
 */
export const bulkheadOf = (places: number) => {
  const [urgent, patient] = [new Set<Enter>(), new Set<Enter>()];
  let taken = 0;
  const next = () => {
    const [first] = urgent.size > 0 ? urgent : patient;
    if (first && taken < places) first();
  };
  const leave = () => {
    taken -= 1;
    next();
  };
  /** Resolves to how to leave again. */
  const enter = (signal: AbortSignal, isUrgent = false) =>
    new Promise<() => void>((done, fail) => {
      const queue = isUrgent ? urgent : patient;
      const giveUp = () => {
        queue.delete(go);
        fail(givenUp());
      };
      const go = () => {
        queue.delete(go);
        signal.removeEventListener('abort', giveUp);
        taken += 1;
        done(leave);
      };
      if (signal.aborted) return giveUp();
      signal.addEventListener('abort', giveUp, { once: true });
      queue.add(go);
      next();
    });
  /** Lets everybody in who waits, though there is no place: nothing will be done with it. */
  const clear = () => {
    for (const go of [...urgent, ...patient]) go();
  };
  return { enter, clear };
};
