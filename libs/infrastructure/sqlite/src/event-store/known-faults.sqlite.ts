// Which commits of a store are known to be damaged, and which streams are closed for it. Never: a stream that is closed for
// the damage of another one.
import type { StreamId } from '@drover/kernel';
import { StoreRefused } from '@drover/ports';
import { saysFault, type ChainFault } from './chain.sqlite.js';
import type { UnreadableRow } from './commits.sqlite.js';

/** What is known to be damaged in a store, and which streams take nothing for it. `what`: for the sentence of a refusal. */
export const knownFaults = (what: string) => {
  const closedStreams = new Map<StreamId, ChainFault>();
  const faults = new Map<number, ChainFault>();
  const refusalOf = (fault: ChainFault) => new StoreRefused('stream_unreadable', `In ${what} ${saysFault(fault)}.`);

  const note = (fault: ChainFault) => {
    if (fault.of !== null && !closedStreams.has(fault.of.stream)) closedStreams.set(fault.of.stream, fault);
    const known = faults.get(fault.position);
    if (!known || known.of === null) faults.set(fault.position, fault);
  };
  const noteUnreadable = (unreadable: UnreadableRow) => {
    const fault = { ...unreadable, is: `cannot be read: ${unreadable.because}`, hash: null };
    note(fault);
    return fault;
  };
  return {
    note,
    noteUnreadable,
    /** Notes a commit that cannot be read; how its stream is refused. */
    unreadable: (of: UnreadableRow) => refusalOf(noteUnreadable(of)),
    /** Why a stream takes nothing; null where nothing is known against it. */
    refusal: (stream: StreamId) => {
      const fault = closedStreams.get(stream);
      return fault ? refusalOf(fault) : null;
    },
    list: () => [...faults.values()].map(saysFault),
  };
};
