// Time limits and faults of what a listing asks. Never: an error of our own as a fault of the provider, where it did not
// come from its adapter.
import { faultOf, type Clock } from '@drover/ports';

/** What a listing says that was given up. */
export const TIMED_OUT = {
  code: 'operation_timed_out',
  detail: 'The provider did not list its machines in time.',
} as const;

/** A time limit: the signal is aborted when it is over, unless it was called off. */
interface TimeLimit {
  readonly signal: AbortSignal;
  callOff(): void;
}

/** Begins one, of so many milliseconds. */
export const timeLimit = (clock: Clock, ms: number): TimeLimit => {
  const late = new AbortController();
  return { signal: late.signal, callOff: clock.after(ms, () => late.abort(new Error('time is up'))) };
};

/** What an adapter throws, as a fault of the provider; so that everything else is known to be ours. */
export async function* faultsNamed<Item>(source: AsyncIterable<Item>) {
  try {
    yield* source;
  } catch (error) {
    throw faultOf(error);
  }
}
