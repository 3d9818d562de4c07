import { ProviderFault } from '@drover/ports';

/** Who waits for a place. */
interface Waiting {
  readonly enter: () => void;
}

/** So many at once and no more; the others wait in the order they came, each as long as its signal lets it. */
export const bulkheadOf = (places: number) => {
  const waiting = new Set<Waiting>();
  let taken = 0;
  const next = () => {
    const [first] = waiting;
    if (!first || taken >= places) return;
    waiting.delete(first);
    taken += 1;
    first.enter();
  };
  const leave = () => {
    taken -= 1;
    next();
  };
  /** Resolves to how to leave again. */
  const enter = (signal: AbortSignal) =>
    new Promise<() => void>((done, fail) => {
      const giveUp = () => {
        waiting.delete(place);
        fail(new ProviderFault('no_answer', 'The call was given up before it had its turn.'));
      };
      const place: Waiting = {
        enter: () => {
          signal.removeEventListener('abort', giveUp);
          done(leave);
        },
      };
      if (signal.aborted) return giveUp();
      signal.addEventListener('abort', giveUp, { once: true });
      waiting.add(place);
      next();
    });
  /** Lets everybody in who waits, though there is no place: nothing will be done with it. */
  const clear = () => {
    for (const each of waiting) {
      waiting.delete(each);
      taken += 1;
      each.enter();
    }
  };
  return { enter, clear };
};
