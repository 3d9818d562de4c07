import * as z from 'zod';
import { NO_PROGRESS, operationLinks, problemInside, type Operation } from '@drover/contracts';
import { defineQuery, OperationId, reject, StreamId } from '@drover/kernel';
import { storedFacts, type Commit, type StoredFact, type StreamsOf } from '@drover/ports';
import type { connectionDecider } from '../../domain/connection.decider.js';
import type { ConnectionFact, DiscoveryCount } from '../../domain/connection.events.js';
import { operationOf } from '../inventory.published.js';

/** Where operations are read. */
export interface OperationPorts {
  readonly connections: StreamsOf<typeof connectionDecider>;
}

type Commits = readonly Commit<ConnectionFact>[];
type Requested = Extract<ConnectionFact, { type: 'ConnectionRefreshRequested' }>;

const asked = (id: OperationId, name: string, { deadline }: Requested, stored: StoredFact): Operation => {
  const { stream, at, actor, reason } = stored;
  const connectionId = StreamId.key('connection', stream);
  return {
    id,
    kind: 'connection.refresh',
    target: { type: 'connection', id: connectionId, name },
    parent: null,
    state: 'running',
    phase: 'discover',
    steps: [],
    progress: NO_PROGRESS,
    condition: null,
    conditionSince: null,
    attempts: 1,
    deadline,
    reason,
    requestedBy: actor,
    requestedAt: at,
    endedAt: null,
    items: null,
    evidence: null,
    result: null,
    error: null,
    nextActions: [],
    links: operationLinks(id, `/api/v1/connections/${connectionId}`, false),
  };
};

const ended = (operation: Operation, at: Operation['endedAt'], rest: Partial<Operation>): Operation => ({
  ...operation,
  phase: null,
  endedAt: at,
  nextActions: ['run-again'],
  ...rest,
});

/** A listing that could not be believed did not do what was asked. */
const listed = (operation: Operation, at: Operation['endedAt'], count: DiscoveryCount): Operation => {
  const { seen, added, changed, missing, complete, skippedCount = 0 } = count;
  const found = { seen, added, changed, missing, complete, ...(skippedCount > 0 && { skippedCount }) };
  const done = { state: 'succeeded', result: { outcome: 'completed', ...found }, nextActions: [] } as const;
  if (complete) return ended(operation, at, done);
  const error = problemInside('nothing_found', 'The provider shows no machine where machines were known.');
  return ended(operation, at, { state: 'failed', result: { outcome: 'completed_with_errors', ...found }, error });
};

/** A refresh, grown from the facts of its connection. */
const refreshFrom = (id: OperationId, commits: Commits): Operation | null => {
  let name = '';
  let operation: Operation | null = null;
  for (const stored of commits.flatMap(storedFacts<ConnectionFact>)) {
    const { fact, at } = stored;
    if ('name' in fact) name = fact.name;
    if (operationOf(stored) !== id) continue;
    if (fact.type === 'ConnectionRefreshRequested') operation = asked(id, name, fact, stored);
    else if (operation && fact.type === 'ConnectionRefreshed') operation = listed(operation, at, fact);
    else if (operation && fact.type === 'ConnectionRefreshFailed') {
      const { code, detail } = fact;
      const state = code === 'operation_timed_out' ? 'expired' : 'failed';
      operation = ended(operation, at, { state, error: problemInside(code, detail) });
    }
  }
  return operation;
};

/** One operation, from its own stream; `more`: what a dry run would add to it. */
export const operationAt = async (id: OperationId, { connections }: OperationPorts, more: Commits = []) => {
  const stream = OperationId.stream(id);
  const ours = StreamId.category(stream) === 'connection' && OperationId.service(id) === 'inventory';
  const operation = ours ? refreshFrom(id, [...(await connections.commits(stream)), ...more]) : null;
  return operation ?? reject('not_found', 'There is no such operation.');
};

/** Reads one operation from its own stream, so that whoever asked for it sees it at once. */
export const getOperation = defineQuery({
  name: 'operation.get',
  input: z.strictObject({ id: OperationId.schema }),
  needs: () => ['vm:read'],
  handle: ({ id }, _actor, ports: OperationPorts) => operationAt(id, ports),
});
