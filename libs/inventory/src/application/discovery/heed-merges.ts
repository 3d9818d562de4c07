// Has a machine read again once another one was merged into it. Never: a merge that keeps the next from being heeded.
import type { Commit, EventStore } from '@drover/ports';
import { doubtMachine, type DoubtPorts } from './doubt-machine.js';

/** What heeding merges takes. */
export interface HeedMergesPorts extends DoubtPorts {
  readonly eventStore: Pick<EventStore, 'subscribe'>;
  readonly report: (where: string, error: unknown) => void;
}

/** A machine that was merged into another one is read once more, as that one. One that fails keeps no other from it. Answers how to stop. */
export const heedMerges = ({ eventStore, report, ...ports }: HeedMergesPorts) =>
  eventStore.subscribe((commits) => {
    for (const { stream, facts } of commits as readonly Commit[])
      if (facts.some(({ fact }) => fact.type === 'VmMerged'))
        void doubtMachine(stream, ports).catch((error: unknown) => report('merged machines', error));
  });
