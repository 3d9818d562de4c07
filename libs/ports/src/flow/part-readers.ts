// One part of the readers of a service, in this process: it reads while it holds the lease, and follows what another process
// writes while it does not. Where another writer has begun though the lease is held, it ends and begins anew.
// Never: a wait for an end that moves; where a log ends is asked once.
import { sleep } from '../clock/clock.js';
import type { Leases } from '../lease/lease.js';
import type { Park } from './dead-letters.js';
import { leasedWork, type LeasedWork } from './leased-work.js';
import { viewsOf, type ReaderPart, type ReaderPorts, type RunningReader } from './reader-parts.js';

/** How often it is looked whether another process has written what is waited for. */
const LOOK_MS = 200;

/** A part, wherever it runs. */
export const partReaders = (part: ReaderPart, leases: Leases | undefined, { bus, clock, report }: ReaderPorts) => {
  const { what, shift } = part;
  const stopping = new AbortController();
  let reading: readonly RunningReader[] | null = null;
  let works: readonly LeasedWork[] = [];
  let alone: Promise<void> | null = null;
  let unwatch: (() => void)[] = [];

  for (const park of part.parks) park.fence(() => reading !== null);
  const parks = part.parks.map((park): Park => ({
    ...park,
    letters: () => {
      if (!reading) park.leave(); // whoever reads may have parked more since it was loaded
      return park.letters();
    },
  }));
  /** What another process parks is known here, too: who asks whether a key is parked asks any process. */
  const followParks = async () => {
    for (const park of part.parks) {
      if (reading) return;
      await park.follow();
    }
  };
  const leave = () => part.parks.forEach((park) => park.leave());
  const watch = () => {
    unwatch = part.watched.map((consumer) => bus.observe(consumer));
  };
  const endWatch = () => unwatch.splice(0).forEach((each) => each());

  const begin = async (isHeld: () => boolean, anew: () => void) => {
    if (!shift) leave(); // what another process has parked is read
    await shift?.takeOver(isHeld);
    endWatch();
    reading = part.begin({ isHeld, anew });
  };
  const end = async () => {
    const ending = reading ?? [];
    reading = null;
    leave();
    await Promise.all(ending.map((each) => each.stop()));
    if (!stopping.signal.aborted) watch();
  };

  /** The lease of the views first: only who has brought them up to date may write what they are made of. */
  const shiftWork = (
    { views, keepUp, follow }: NonNullable<ReaderPart['shift']>,
    of: Leases,
  ): readonly LeasedWork[] => {
    const ports = { leases: of, clock, report };
    let inner: LeasedWork | null = null;
    const outer = leasedWork(
      {
        ...{ what: `views of ${what}`, lease: viewsOf(views) },
        begin: async (isHeld) => {
          leave();
          const both = (other: () => boolean) => () => isHeld() && other();
          inner = leasedWork(
            {
              ...{ what, lease: part.lease, end },
              begin: (isReader, anew) => begin(both(isReader), anew),
              may: () => keepUp(both(() => !stopping.signal.aborted)),
            },
            ports,
          );
        },
        end: async () => {
          await inner?.stop();
          inner = null;
          leave();
        },
        meanwhile: async () => {
          await of.isAlive(part.lease, ''); // who asks sees its holder fall silent
          await follow();
        },
      },
      ports,
    );
    const begun = async () => void (await inner?.begun());
    return [outer, { begun, stop: async () => {} }];
  };

  const start = () => {
    if (!leases) {
      const isHeld = () => !stopping.signal.aborted;
      alone = (async () => {
        await shift?.keepUp(isHeld);
        await begin(isHeld, () => {}); // nobody else is there who could have begun
      })().catch((error: unknown) => {
        if (!stopping.signal.aborted) throw error; // else it was given up in the middle
      });
      return;
    }
    watch();
    works = shift
      ? shiftWork(shift, leases)
      : [leasedWork({ what, lease: part.lease, begin, end, meanwhile: followParks }, { leases, clock, report })];
  };

  /** Resolves when what there was is taken: `reached` waits for a reader of this process. */
  const taken = async (reached: (reading: RunningReader) => Promise<void>) => {
    let have: (() => Promise<boolean>) | null = null;
    while (!stopping.signal.aborted) {
      await alone;
      for (const { begun } of works) await begun();
      if (reading) {
        await Promise.all(reading.map(reached));
        return;
      }
      have ??= await part.upToNow();
      if (await have()) return;
      await sleep(clock, LOOK_MS, stopping.signal).catch(() => undefined);
    }
  };

  return {
    ...{ start, parks },
    caughtUp: () => taken((each) => each.caughtUp()),
    caughtUpOrAway: () => taken((each) => each.caughtUpOrAway()),
    isReading: () => reading !== null,
    catchUp: () => shift?.catchUp() ?? null,
    states: async () => (await Promise.all((reading ?? []).map((each) => each.states()))).flat(),
    stop: async () => {
      stopping.abort();
      for (const park of part.parks) park.stop();
      endWatch();
      await Promise.allSettled([alone, ...works.map((each) => each.stop())]);
      await end();
    },
  };
};
