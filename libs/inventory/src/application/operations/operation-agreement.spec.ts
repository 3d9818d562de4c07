// For any sequence of facts a list and a detail say the same of a refresh, wherever both say anything.
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { hasEnded } from '@drover/contracts';
import { CommitId, ConnectionId, FactId, Instant, isRejection } from '@drover/kernel';
import { foldRecord, shownOperation } from '@drover/operations';
import { expectAgreement } from '@drover/operations/testing';
import { publicEvents, type Commit } from '@drover/ports';
import { connectionDecider, type ConnectionCommand } from '../../domain/connection.decider.js';
import type { ConnectionFact } from '../../domain/connection.events.js';
import {
  connectionStream,
  initialConnection,
  refreshOperation,
  type MaybeConnection,
} from '../../domain/connection.js';
import { siteA } from '../../testing.js';
import { inventoryPublished } from '../inventory.published.js';
import { refreshIn } from './read-operation.js';

const id = ConnectionId.parse('site-a');
const stream = connectionStream(id);
const at = Instant.parse('2026-11-20T10:00:00Z');
const { id: _, ...settings } = siteA;

const committed = (facts: readonly ConnectionFact[]): Commit<ConnectionFact>[] =>
  facts.map((fact, version) => ({
    ...{ stream, version, position: version + 1, prevHash: '', commitId: CommitId.createAt(at) },
    metadata: { at: Instant.plusSeconds(at, version), actor: version % 2 ? 'ana' : 'policy:discovery', requestId: 'r' },
    facts: [{ id: FactId.createAt(at), fact }],
  }));

const agree = (facts: readonly ConnectionFact[], decided = false) => {
  const commits = committed(facts);
  const events = commits.flatMap((commit) => publicEvents('inventory', inventoryPublished, commit));
  const connection = facts.reduce<MaybeConnection>(connectionDecider.evolve, initialConnection);
  const ops = facts.flatMap((fact) => ('op' in fact && fact.op !== null ? [fact.op] : []));
  for (const op of new Set(ops)) {
    const operation = refreshOperation(id, op);
    const record = foldRecord(operation, events);
    const list = record && shownOperation(record, { name: 'Site A' });
    const detail = refreshIn(operation, commits, 'Site A');
    expect(detail === null).toBe(list === null);
    if (!list || !detail) continue;
    expectAgreement(list, detail);
    if (decided && connection.is === 'known')
      expect(hasEnded(detail)).toBe(connection.refresh.is === 'idle' || connection.refresh.op !== op);
  }
  return ops.length;
};

const count = fc.record({
  ...{ seen: fc.nat(9), added: fc.nat(9), changed: fc.nat(9), missing: fc.nat(9), complete: fc.boolean() },
  ...{ skipped: fc.constant([]), skippedCount: fc.nat(2) },
});
const refreshed = fc.tuple(fc.integer({ min: 1, max: 3 }), count);
const failed = fc.constantFrom('operation_timed_out', 'provider_unreachable', 'sign_in_failed');
const requested = { type: 'ConnectionRefreshRequested', importIds: null, importAll: true, deadline: at } as const;
const facts: fc.Arbitrary<ConnectionFact> = fc.oneof(
  fc.integer({ min: 1, max: 3 }).map((op): ConnectionFact => ({ ...requested, op })),
  refreshed.map(([op, found]): ConnectionFact => ({ type: 'ConnectionRefreshed', op, ...found })),
  count.map((found): ConnectionFact => ({ type: 'ConnectionRefreshed', op: null, ...found })),
  fc
    .tuple(fc.integer({ min: 1, max: 3 }), failed)
    .map(([op, code]): ConnectionFact => ({ type: 'ConnectionRefreshFailed', op, code, detail: 'x' })),
);

it('agrees on any facts of a connection', () =>
  fc.assert(
    fc.property(fc.array(facts, { maxLength: 12 }), (some) => void agree(some)),
    { numRuns: 500 },
  ));

const opened = fc.integer({ min: 0, max: 3 });
const commands: fc.Arbitrary<ConnectionCommand> = fc.oneof(
  fc.constant<ConnectionCommand>({ type: 'RequestRefresh', deadline: at }),
  fc.tuple(opened, count).map(([op, found]): ConnectionCommand => ({
    ...{ type: 'FinishDiscovery', revision: 1, op: op === 0 ? null : op },
    ...found,
  })),
  fc.tuple(opened, failed).map(([op, code]): ConnectionCommand => ({ type: 'FailRefresh', op, code, detail: 'x' })),
  failed.map((code): ConnectionCommand => ({ type: 'FailDiscovery', revision: 1, code, detail: 'x' })),
);

it('agrees whatever the rules decide', () => {
  let operations = 0;
  fc.assert(
    fc.property(fc.array(commands, { maxLength: 30, size: 'max' }), (some) => {
      const decided: ConnectionFact[] = [];
      let connection: MaybeConnection = initialConnection;
      for (const command of [{ type: 'Configure', settings, unusable: false } as const, ...some]) {
        const facts = connectionDecider.decide(command, connection);
        if (isRejection(facts)) continue;
        decided.push(...facts);
        connection = facts.reduce<MaybeConnection>(connectionDecider.evolve, connection);
      }
      operations += agree(decided, true);
    }),
    { numRuns: 300 },
  );
  expect(operations).toBeGreaterThan(100);
});
