import { expect, it } from '@jest/globals';
import { dataSchemaOf } from '@drover/contracts';
import { StreamId, systemNow, type Actor } from '@drover/kernel';
import { storedFacts } from '../flow/stored-fact.js';
import { auditOf, auditSaid, type AuditFact } from './audit.js';
import { memoryEventStore } from './event-store.memory.js';

const ana: Actor = { sub: 'ana', rights: [], requestId: 'r1', ip: '192.0.2.1' };
const facts: readonly AuditFact[] = [
  { type: 'AuditDenialRecorded', route: '/x', right: 'vm:force', target: null, code: 'forbidden' },
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
  expect(commits).toHaveLength(10);
  expect(commits[0]?.metadata).toMatchObject({ actor: 'ana', ip: '192.0.2.1', requestId: 'r1' });
  for (const stored of commits.flatMap(storedFacts)) {
    const said = auditSaid('power', stored);
    expect(dataSchemaOf(said?.type ?? '')?.parse(said?.data)).toEqual(said?.data);
  }
});
