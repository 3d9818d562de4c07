import { expect, it } from '@jest/globals';
import { dataSchemaOf } from '@drover/contracts';
import { StreamId, systemNow, type Actor } from '@drover/kernel';
import { storedFacts } from '../flow/stored-fact.js';
import { auditOf, auditEvent, type AuditFact } from './audit.js';
import type { EventStore } from './event-store.js';
import { memoryEventStore } from './event-store.memory.js';

const ana: Actor = { sub: 'ana', rights: [], requestId: 'r1', ip: '192.0.2.1' };
const facts: readonly AuditFact[] = [
  { type: 'AuditDenialRecorded', route: '/x', right: 'vm:force', target: null, code: 'forbidden' },
  {
    ...{ type: 'AuditDenialRecorded', route: '/x', right: null, target: null, code: 'unauthenticated' },
    ...{ count: 7, since: systemNow(), network: '192.0.2.0/24' },
  },
  { type: 'AuditActionRecorded', command: 'connection.test', target: 'lab' },
  { type: 'AuditCredentialSeen', route: '/x' },
  { type: 'AuditSignInRecorded', via: 'link', outcome: 'accepted' },
  { type: 'AuditSignOutRecorded', cause: 'asked' },
];

it('records who was refused, each time, and says it in its one schema', async () => {
  const store = memoryEventStore();
  const audit = auditOf('power', store, systemNow);
  for (const fact of facts) await audit.record(fact, ana);
  await Promise.all(facts.map((fact) => audit.record(fact, ana)));
  const commits = await store.read(StreamId.of('audit', 'power'));
  expect(commits).toHaveLength(12);
  expect(commits[0]?.metadata).toMatchObject({ actor: 'ana', ip: '192.0.2.1', requestId: 'r1' });
  for (const stored of commits.flatMap(storedFacts)) {
    const said = auditEvent('power', stored);
    expect(dataSchemaOf(said?.type ?? '')?.parse(said?.data)).toEqual(said?.data);
  }
});

it('K17: the first record after a start reads nothing of what was recorded before, and tries twice at most', async () => {
  const store = memoryEventStore();
  const [denial] = facts;
  if (!denial) throw new Error('no fact');
  await auditOf('power', store, systemNow).recordAll(Array<AuditFact>(40_000).fill(denial), ana);
  const calls: string[] = [];
  const watched: EventStore = {
    ...store,
    append: (draft) => {
      calls.push(`append at ${draft.version}`);
      return store.append(draft);
    },
    read: async () => {
      throw new Error('the stream was read');
    },
  };
  const audit = auditOf('power', watched, systemNow);
  await audit.record(denial, ana);
  await audit.record(denial, ana);
  expect(calls).toEqual(['append at 0', 'append at 40000', 'append at 40001']);
});

it('goes on behind what another process has recorded meanwhile', async () => {
  const store = memoryEventStore();
  const [mine, theirs] = [auditOf('power', store, systemNow), auditOf('power', store, systemNow)];
  for (const audit of [mine, theirs, mine, theirs]) for (const fact of facts.slice(0, 1)) await audit.record(fact, ana);
  expect((await store.read(StreamId.of('audit', 'power'))).map(({ version }) => version)).toEqual([0, 1, 2, 3]);
});

it('one that could not be recorded spoils none after it', async () => {
  const store = memoryEventStore();
  let broken = true;
  const audit = auditOf(
    'power',
    { ...store, append: async (draft) => (broken ? Promise.reject(new Error('disk full')) : store.append(draft)) },
    systemNow,
  );
  const [denial] = facts;
  if (!denial) throw new Error('no fact');
  await expect(audit.record(denial, ana)).rejects.toThrow('disk full');
  broken = false;
  await audit.record(denial, ana);
  expect(await store.read(StreamId.of('audit', 'power'))).toHaveLength(1);
});
