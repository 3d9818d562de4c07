// The members that say which reading an event rests on, for all events that rest on one. Never: demanded; events of the
// first release do not have them.
import { ReadOrder } from '@drover/kernel';

/** Where the reading that an event rests on stands among others. Events of the first release say nothing of it. */
export const readMembers = {
  run: ReadOrder.shape.run.exactOptional().meta({ description: 'the process run that read' }),
  n: ReadOrder.shape.n
    .exactOptional()
    .meta({ description: 'the number of the reading in its run: the higher was asked later' }),
};
