// What inventory observed of a machine's power, folded reading by reading. The order is that of inventory's log: nothing here
// compares instants, for clocks jump. A reading that found nothing keeps what was seen before it. Never: an instant of change
// that nobody saw.
import { recordedOrder, type Instant, type PowerState, type RecordedOrder } from '@drover/kernel';
import type { DataOf } from '../catalogue.js';

type Observed = DataOf<'io.drover.inventory.vm-power-observed.v1'>;

/** One reading of a machine's power, as inventory told it. */
export type ObservedReading = Omit<Observed, 'after'>;

/** A power state that somebody read. */
export type ReadPower = Exclude<PowerState, 'unknown'>;

/** A state that was read, and the number of the last verdict that had been named by then; 0 for none. */
export type SeenPower = RecordedOrder & {
  readonly power: ReadPower;
  readonly observedAt: Instant;
  readonly after: number;
};

type Common = {
  /** The last verdict of a power operation that a reading was made after, by its number; 0 for none. */
  readonly after: number;
  /** The verdict that was named last, while nothing has changed since; else 0. */
  readonly confirms: number;
  /** Since when it is in the last state that was read: since its boot, or since it was seen to change; null when nobody saw it. */
  readonly changedAt: Instant | null;
};

/** The last reading of a machine. `unseen`: it found no state, and what was seen before it is kept. */
export type VmObservation = Common &
  (
    | { readonly is: 'seen'; readonly reading: ObservedReading & { readonly power: ReadPower } }
    | {
        readonly is: 'unseen';
        readonly reading: ObservedReading & { readonly power: 'unknown' };
        readonly lastSeen: SeenPower | null;
      }
  );

/** How a machine was seen last, whether or not its provider reaches it now. */
export const lastSeenIn = (observation: VmObservation | null): SeenPower | null => {
  if (observation?.is !== 'seen') return observation?.lastSeen ?? null;
  const { reading, after } = observation;
  return { power: reading.power, observedAt: reading.observedAt, ...recordedOrder(reading), after };
};

/** When a machine was switched on, by the last reading; null unless it runs and somebody knows. */
export const bootOf = ({ reading: { power, bootAt } }: VmObservation) => (power === 'poweredOn' ? bootAt : null);

/** The observation after one more reading. */
export const observed = (before: VmObservation | null, { after: verdict, ...reading }: Observed): VmObservation => {
  const [named, earlier] = [verdict?.sequence ?? 0, before?.after ?? 0];
  const [lastSeen, changedAt, confirmed] = [lastSeenIn(before), before?.changedAt ?? null, before?.confirms ?? 0];
  const after = Math.max(earlier, named);
  const confirms = (moved: boolean) => (named > earlier ? named : moved ? 0 : confirmed);
  const { power, observedAt, bootAt } = reading;
  if (power === 'unknown')
    return { is: 'unseen', reading: { ...reading, power }, lastSeen, after, confirms: confirms(false), changedAt };
  const moved = lastSeen !== null && lastSeen.power !== power;
  const boot = power === 'poweredOn' ? bootAt : null;
  return {
    ...{ is: 'seen', reading: { ...reading, power }, after, confirms: confirms(moved) },
    changedAt: boot ?? (moved ? observedAt : changedAt),
  };
};
