import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { dataSchemaOf, eventTypes } from '@drover/contracts';
import { CommitId, FactId, Instant, StreamId, type Fact } from '@drover/kernel';
import { storedFacts, type Commit, type StoredFact } from '@drover/ports';
import { bulkDecider } from '../domain/bulk.decider.js';
import type { BulkFact } from '../domain/bulk.events.js';
import { powerDecider } from '../domain/power.decider.js';
import type { PowerFact } from '../domain/power.events.js';
import { signInDecider } from '../domain/sign-in.decider.js';
import type { SignInFact } from '../domain/sign-in.events.js';
import { isPublic, powerPublished } from './power.published.js';

const corpus = JSON.parse(readFileSync(new URL('../../corpus/v1.json', import.meta.url), 'utf8')) as Record<
  string,
  Fact
>;
const kebab = (name: string) => name.replace(/(?<=.)([A-Z])/g, '-$1').toLowerCase();
const streamOf = ({ type }: Fact) => {
  if (type.startsWith('Bulk')) return StreamId.of('bulk', '0f6cf2a3-5d0e-5b5f-9a36-0d9ad8e5c7b1');
  if (type.startsWith('Connection')) return StreamId.of('connection', 'site-a');
  return StreamId.of('power', '87c528bf-27a0-5e2f-8d65-4a964a6db00a');
};
const samples = Object.entries(corpus).map(([name, fact]) => ({ name, fact, stream: streamOf(fact) }));
const at = Instant.parse('2026-11-20T10:00:00Z');
const stored = ({ stream, fact }: (typeof samples)[number]): StoredFact => ({
  ...{ type: fact.type, stream, id: FactId.createAt(at), sequence: 1, at, actor: 'ana', reason: null, fact },
});
/** Internal facts, which no catalogue lists. */
const internal = ['LeaseTaken', 'CancelRequested', 'StepStarted', 'StepFinished', 'BulkItemSettled'];

it('has one sample of each fact that was ever released', () => {
  const told = eventTypes.filter((type) => type.startsWith('io.drover.power.') && !type.includes('.audit-'));
  expect(samples.map(({ name, fact }) => name === kebab(fact.type))).not.toContain(false);
  expect(samples).toHaveLength(told.length + internal.length);
  expect(
    samples
      .filter(({ fact }) => !isPublic(fact))
      .map(({ fact }) => fact.type)
      .sort(),
  ).toEqual([...internal].sort());
});

it.each(samples)('T-UPG-1: $name loads', ({ stream, fact }) => {
  const category = StreamId.category(stream);
  const state =
    category === 'power'
      ? powerDecider.evolve(powerDecider.initial, fact as PowerFact)
      : category === 'bulk'
        ? bulkDecider.evolve({ is: 'nothing' }, fact as BulkFact)
        : signInDecider.evolve(signInDecider.initial, fact as SignInFact);
  expect(state).toBeDefined();
});

it.each(samples.filter(({ fact }) => isPublic(fact)))('tells $fact.type in the shape of the contract', (sample) => {
  const said = powerPublished(stored(sample));
  const schema = dataSchemaOf(said?.type ?? '');
  expect(schema?.parse(said?.data)).toEqual(said?.data); // no member more, no member less
  const key = StreamId.key(StreamId.category(sample.stream), sample.stream);
  expect(said).toMatchObject({
    partitionkey: key,
    subject: expect.stringMatching(new RegExp(`^(vm|bulk|connection)/${key}$`)),
  });
  expect(said?.operationid).toBe(
    'op' in sample.fact ? `power.${sample.stream}.${String(sample.fact['op'])}` : undefined,
  );
});

/** What facts have gained since their first release. */
const gained: Readonly<Record<string, object>> = {
  PowerOnRequested: { earlier: 1 },
  VmRestarted: { proof: 'task', task: 'task-7', bootAt: at, uptimeSeconds: 5, run: 'r', n: 2 },
  PowerOperationCancelled: { cancelledAt: at, guestAsked: true },
};
it.each(Object.entries(gained))('K20, K21: tells what %s has gained since its first release', (type, members) => {
  const sample = samples.find(({ fact }) => fact.type === type);
  if (!sample) throw new Error(type);
  const said = powerPublished(stored({ ...sample, fact: { ...sample.fact, ...members } }));
  expect(said?.data).toMatchObject(members);
  expect(dataSchemaOf(said?.type ?? '')?.parse(said?.data)).toEqual(said?.data);
});

it.each(samples.filter(({ fact }) => !isPublic(fact)))('keeps $fact.type to itself', (sample) =>
  expect(powerPublished(stored(sample))).toBeNull(),
);

it('tells its audit, too', () => {
  const fact = { type: 'AuditCredentialSeen', route: '/x' };
  const metadata = { at, actor: 'ana', requestId: 'r' };
  const stored = { position: 1, commitId: CommitId.createAt(at), prevHash: '', version: 0, metadata };
  const commit: Commit = {
    ...stored,
    stream: StreamId.parse('audit-power'),
    facts: [{ id: FactId.createAt(at), fact }],
  };
  expect(storedFacts(commit).map(powerPublished)).toMatchObject([{ type: 'io.drover.power.audit-credential-seen.v1' }]);
});

it('names every event of the catalogue', () => {
  const said = samples.map((sample) => powerPublished(stored(sample))?.type).filter((type) => type !== undefined);
  const told = eventTypes.filter((type) => type.startsWith('io.drover.power.') && !type.includes('.audit-'));
  expect(said.sort()).toEqual([...told].sort());
});
