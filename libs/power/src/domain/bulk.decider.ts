import { BulkId, assertNever, OperationId, reject, StreamId, type Decider } from '@drover/kernel';
import type { BulkFact, BulkItem } from './bulk.events.js';

/** What is requested for, once for all. */
export type BulkRequest = Omit<Extract<BulkFact, { type: 'BulkRequested' }>, 'type' | 'op'>;

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

const evolve = (bulk: Bulk, fact: BulkFact): Bulk => {
  if (fact.type === 'BulkRequested') {
    const { type: _, op: _op, ...request } = fact;
    return { is: 'open', request, settled: new Map() };
  }
  if (bulk.is === 'nothing') return bulk;
  switch (fact.type) {
    case 'BulkItemSettled': {
      const { index, operationId, code } = fact;
      return { ...bulk, settled: new Map(bulk.settled).set(index, { index, operationId, code }) };
    }
    case 'BulkFinished':
      return { ...bulk, is: 'finished' };
    default:
      return assertNever(fact);
  }
};

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

/** The rules of the stream `bulk-<id>`. The id is made from the request's key, so a repeat meets its own facts. */
export const bulkDecider: Decider<BulkCommand, BulkFact, Bulk, 'idempotency_key_reused'> = {
  initial: { is: 'nothing' },
  evolve,
  decide(command, bulk) {
    if (command.type === 'Settle') return settle(bulk, command.items);
    if (bulk.is === 'nothing') {
      const requested = { type: 'BulkRequested', op: 1, ...command.request } as const;
      return [requested, ...settle(evolve(bulk, requested), command.denied)];
    }
    return JSON.stringify(bulk.request) === JSON.stringify(command.request)
      ? []
      : reject('idempotency_key_reused', 'This Idempotency-Key belongs to another request. Nothing was done.');
  },
};
