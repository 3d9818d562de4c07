// The history of every machine: a row for each public event of it, found by the machine and ordered by when it happened.
// Never: a row that is changed or removed, or an order by positions of the journal, which a rebuild gives anew.
import { eventTypes, type CloudEvent } from '@drover/contracts';
import { Instant, type Json, type Projection, type VmId } from '@drover/kernel';
import { vmOf, type Journalled } from '../journal/journalled.js';

/** One public fact of a machine, and its place. */
export type HistoryRow = {
  readonly vm: VmId;
  readonly position: number;
  readonly simulated: boolean;
  readonly event: Json;
};

const padded = (number: number, digits: number) => number.toString(36).padStart(digits, '0');

/**
 * Where a fact stands in the history of its machine: by when it happened, then by its stream, so a journal that begins
 * anew tells the same story in the same order. Text order is that order.
 */
const historyKey = (vm: VmId, { time, source, sequence }: CloudEvent) =>
  [
    vm,
    padded(Instant.msBetween(Instant.ofMs(0), time), 9),
    source.slice('/drover/'.length),
    padded(Number(sequence), 7),
  ].join('/');

/** The event in a row. It went in as one. */
export const eventIn = ({ event }: HistoryRow) => event as CloudEvent;

/** Every public fact of every machine, apart from the journal and never trimmed: what history and as-of reads go by. */
export const historyProjection: Projection<Journalled, HistoryRow> = {
  view: 'history',
  revision: 1,
  listensTo: eventTypes,
  key: ({ event }) => {
    const vm = vmOf(event);
    return vm && historyKey(vm, event);
  },
  evolve: (_, { event, position, simulated }) => {
    const vm = vmOf(event);
    return vm && { vm, position, simulated, event: event as Json };
  },
  // Folded by place: a stream's facts are in order there, also when the time of day has jumped.
  index: { vm: ({ vm }) => vm, position: ({ position }) => position },
};
