// What a request for many machines may become: asked for once, its items settled one by one, finished with the last. Never:
// a rule of one machine; each item is asked for like any other request, and its own stream decides.
import { BulkId, assertNever, OperationId, reject, StreamId, type Decider } from '@drover/kernel';
import type { BulkFact, BulkItem, BulkRequest } from './bulk.events.js';

/** A request for many machines: nobody asked yet, items are being worked on, all have ended. */
export type Bulk =
  | { readonly is: 'nothing' }
  | {
      readonly is: 'open' | 'finished';
      readonly request: BulkRequest;
      readonly settled: ReadonlyMap<number, BulkItem>;
    };

/** The request, and how items ended. */
export type BulkCommand =
  /** `denied`: the machines that whoever asks may not work on. */
  | { readonly type: 'Start'; readonly request: BulkRequest; readonly denied: readonly BulkItem[] }
  | { readonly type: 'Settle'; readonly items: readonly BulkItem[] };

/** Where the facts of a bulk are kept. */
export const bulkStream = (id: BulkId) => StreamId.of('bulk', id);

/** The bulk whose stream it is. */
export const bulkOf = (stream: StreamId) => BulkId.parse(StreamId.key('bulk', stream));

/** A bulk is one operation; its stream holds nothing else. */
export const bulkOperation = (id: BulkId) => OperationId.of('power', bulkStream(id), 1);

const ended = (bulk: Exclude<Bulk, { is: 'nothing' }>, item: BulkItem): Bulk => ({
  ...bulk,
  settled: new Map(bulk.settled).set(item.index, item),
});

const evolve = (bulk: Bulk, fact: BulkFact): Bulk => {
  switch (fact.type) {
    case 'BulkRequested': {
      const { type: _, op: _op, ...request } = fact;
      return { is: 'open', request, settled: new Map() };
    }
    case 'BulkItemSettled': {
      const { type: _, op: _op, ...item } = fact;
      return bulk.is === 'nothing' ? bulk : ended(bulk, item);
    }
    case 'BulkFinished':
      return bulk.is === 'nothing' ? bulk : { ...bulk, is: 'finished' };
    default:
      return assertNever(fact);
  }
};

/** Ends the items that have not ended, each once; the bulk with the last of them. */
const settle = (bulk: Bulk, items: readonly BulkItem[]): readonly BulkFact[] => {
  if (bulk.is !== 'open') return [];
  const { settled, request } = bulk;
  const fresh = items.filter(
    ({ index }, i) => !settled.has(index) && items.findIndex((each) => each.index === index) === i,
  );
  const all = [...settled.values(), ...fresh];
  const facts = fresh.map((item): BulkFact => ({ type: 'BulkItemSettled', op: 1, ...item }));
  if (all.length < request.targetIds.length) return facts;
  const failed = all.filter(({ code }) => code !== null).length;
  const outcome = failed > 0 ? 'completed_with_errors' : 'completed';
  return [...facts, { type: 'BulkFinished', op: 1, outcome, succeeded: all.length - failed, failed }];
};

/** The same again is so already: the key that the id is made of may have been used longer ago than keys are remembered. */
const start = (bulk: Bulk, { request, denied }: Extract<BulkCommand, { type: 'Start' }>) => {
  switch (bulk.is) {
    case 'nothing': {
      const requested = { type: 'BulkRequested', op: 1, ...request } as const;
      return [requested, ...settle(evolve(bulk, requested), denied)];
    }
    case 'open':
    case 'finished':
      return JSON.stringify(bulk.request) === JSON.stringify(request)
        ? []
        : reject('idempotency_key_reused', 'This Idempotency-Key belongs to another request. Nothing was done.');
    default:
      return assertNever(bulk);
  }
};

/** The rules of the stream `bulk-<id>`. The id is made from the request's key, so a repeat meets its own facts. */
export const bulkDecider: Decider<BulkCommand, BulkFact, Bulk, 'idempotency_key_reused'> = {
  initial: { is: 'nothing' },
  evolve,
  decide(command, bulk) {
    switch (command.type) {
      case 'Start':
        return start(bulk, command);
      case 'Settle':
        return settle(bulk, command.items);
      default:
        return assertNever(command);
    }
  },
};
