import { expect, it } from '@jest/globals';
import { dataSchemaOf } from '@drover/contracts';
import { StreamId } from '@drover/kernel';
import { virtualClock } from '../clock/clock.memory.js';
import { storedFacts } from '../flow/stored-fact.js';
import { auditOf, auditEvent } from './audit.js';
import { memoryEventStore } from './event-store.memory.js';
import { strangersOf } from './strangers.js';

const unauthenticated = 'unauthenticated';
const open = () => {
  const clock = virtualClock();
  const store = memoryEventStore();
  const reports: unknown[] = [];
  const audit = auditOf('gateway', store, () => clock.now());
  const state = { broken: false, written: Promise.resolve() };
  const strangers = strangersOf({
    clock,
    audit: {
      recordAll: async (facts, actor) => {
        await state.written;
        if (state.broken) throw new Error('disk full');
        await audit.recordAll(facts, actor);
      },
    },
    report: (_, error) => void reports.push(error),
  });
  const commits = () => store.read(StreamId.of('audit', 'gateway'));
  return { clock, strangers, commits, reports, state };
};

it('K15: writes what strangers were refused once a minute, as one commit with a fact for each pair', async () => {
  const { clock, strangers, commits } = open();
  for (let n = 0; n < 5000; n++)
    strangers.denied({ route: n % 2 ? '/a' : '/b', code: unauthenticated }, `192.0.2.${(n >> 1) % 2}`);
  await clock.advance(59_000);
  expect(await commits()).toEqual([]);
  await clock.advance(1_000);
  const [commit, ...more] = await commits();
  expect(more).toEqual([]);
  expect(commit?.metadata).toMatchObject({ actor: 'anonymous' });
  expect(commit?.metadata).not.toHaveProperty('ip');
  expect(commit?.facts.map(({ fact }) => fact)).toHaveLength(4);
  expect(commit?.facts[0]?.fact).toEqual({
    ...{ type: 'AuditDenialRecorded', route: '/b', right: null, target: null, code: unauthenticated },
    ...{ network: '192.0.2.0/24', since: '2026-01-01T00:00:00.000Z', count: 1250 },
  });
  for (const stored of commit ? storedFacts(commit) : []) {
    const said = auditEvent('gateway', stored);
    expect(dataSchemaOf(said?.type ?? '')?.parse(said?.data)).toEqual(said?.data);
  }
  await clock.advance(3_600_000);
  expect(await commits()).toHaveLength(1); // nobody came: nothing is written
});

it('K15: tells a thousand pairs apart and counts the rest in one row', async () => {
  const { strangers, commits } = open();
  for (let n = 0; n < 3000; n++) strangers.denied({ route: `/${n}`, code: unauthenticated }, '192.0.2.1');
  await strangers.flush();
  const [commit] = await commits();
  expect(commit?.facts).toHaveLength(1001);
  expect(commit?.facts.at(-1)?.fact).toMatchObject({ route: '*', code: '*', count: 2000 });
});

it('K15: keeps the counts of what could not be written, and tries again a minute later', async () => {
  const { clock, strangers, commits, reports, state } = open();
  state.broken = true;
  strangers.denied({ route: '/a', code: unauthenticated }, '192.0.2.1');
  await clock.advance(60_000);
  expect(reports).toHaveLength(1);
  strangers.denied({ route: '/a', code: unauthenticated }, '192.0.2.1');
  state.broken = false;
  await clock.advance(60_000);
  expect((await commits()).flatMap(storedFacts)).toMatchObject([
    { fact: { count: 2, since: '2026-01-01T00:00:00.000Z' } },
  ]);
});

it('lets an address guess five times a minute, whatever the others do', async () => {
  const { clock, strangers } = open();
  const guess = (address: string, times: number) => Array.from({ length: times }, () => strangers.guessed(address));
  expect(guess('2001:db8::1', 6)).toEqual([0, 0, 0, 0, 0, 12]);
  expect(guess('2001:db8::2', 1)).toEqual([12]); // the same /64
  expect(guess('192.0.2.1', 1)).toEqual([0]);
  await clock.advance(12_000);
  expect(guess('2001:db8::3', 2)).toEqual([0, 12]);
});

it('K15: whoever stops waits for counts that are being written', async () => {
  const { clock, strangers, commits, state } = open();
  let done = () => {};
  state.written = new Promise((go) => (done = go));
  strangers.denied({ route: '/a', code: unauthenticated }, '192.0.2.1');
  await clock.advance(60_000);
  const flushed = strangers.flush().then(commits);
  done();
  expect(await flushed).toHaveLength(1);
});
