import { expect, it } from '@jest/globals';
import { eventType, takenBy, type CloudEvent } from '@drover/contracts';
import { CommitId, FactId, StreamId, type Fact, type Policy, type Projection } from '@drover/kernel';
import { virtualClock } from '../clock/clock.memory.js';
import { memoryEventBus } from '../event-bus/event-bus.memory.js';
import type { Consumer } from '../event-bus/event-bus.js';
import { auditEvent } from '../event-store/audit.js';
import type { EventStore } from '../event-store/event-store.js';
import { memoryEventStore } from '../event-store/event-store.memory.js';
import { memoryJobQueue } from '../job-queue/job-queue.memory.js';
import { commitAlone } from '../view-store/view-store.contract.js';
import { memoryViewStore } from '../view-store/view-store.memory.js';
import { flowsOf } from './flows.js';
import type { ServiceFlow } from './service-flow.js';
import type { StoredFact } from './stored-fact.js';

type Seen = { readonly routes: number };
const counted: Projection<StoredFact, Seen> = {
  view: 'counted',
  revision: 1,
  listensTo: ['AuditCredentialSeen'],
  key: ({ stream }) => stream,
  evolve: (row) => ({ routes: (row?.routes ?? 0) + 1 }),
  index: {},
};

/** A house with one service, whose facts are credentials that were seen. */
const open = async (
  unfinished: readonly string[] = [],
  more: {
    readonly policies?: readonly Policy[];
    readonly report?: (where: string, error: unknown) => void;
    readonly begin?: () => Promise<void>;
  } = {},
) => {
  const { policies = [], begin, report = (...complaint) => expect(complaint).toBeNull() } = more;
  const clock = virtualClock();
  const eventStore = memoryEventStore();
  const views = memoryViewStore(clock);
  const group = await views.open('own', [counted]);
  const jobs = memoryJobQueue(clock);
  const heard: string[] = [];
  const worked: string[] = [];
  const reached = new Map<string, number>();
  const all: Consumer = {
    name: 'all',
    listensTo: 'all',
    position: async (service) => reached.get(service) ?? 0,
    take: async ({ service, entries, upTo }) => {
      heard.push(...entries.map(({ type }: CloudEvent) => type));
      reached.set(service, upTo);
    },
    reset: async () => {
      reached.clear();
      heard.length = 0;
    },
  };
  const policy: Policy = {
    name: 'look',
    advance: async (key) => void worked.push(key),
    unfinished: async () => unfinished,
  };
  const flow: ServiceFlow = {
    service: 'gateway',
    eventStore,
    publish: (stored) => auditEvent('gateway', stored),
    own: { group, projections: [counted] },
    consumers: [all],
    policies: [...policies, policy].map((each) => ({ policy: each, wakes: ({ stream }) => stream })),
    ...(begin && { begin }),
  };
  const bus = memoryEventBus(clock);
  const flows = flowsOf({ bus, jobs, clock, report });
  flows.add(flow);
  let version = 0;
  const stream = StreamId.of('audit', 'gateway');
  const add = (fact: Fact = { type: 'AuditCredentialSeen', route: '/' }) =>
    eventStore.append({
      ...{ stream, version: version++, commitId: CommitId.create(), facts: [{ id: FactId.create(), fact }] },
      metadata: { at: clock.now(), actor: 'ana', requestId: 'r1' },
    });
  const routes = async () => (await group.view<Seen>('counted').get(stream))?.routes ?? 0;
  return { clock, flows, flow, add, routes, heard, worked, stream, group };
};
const seen = eventType('gateway', 'audit-credential-seen');

it('brings facts to the service’s own views, to those who listen and to the policies they wake', async () => {
  const { clock, flows, add, routes, heard, worked, stream } = await open();
  await add();
  await flows.start();
  expect([await routes(), heard]).toEqual([1, [seen]]);
  await add();
  await add({ type: 'KeptToOurselves' });
  await flows.caughtUp();
  await clock.advance(1);
  expect([await routes(), heard, new Set(worked)]).toEqual([2, [seen, seen], new Set([stream])]);
  await flows.stop();
  await add();
  expect(await routes()).toBe(2);
});

it('nudges what is unfinished at the start and each ten seconds', async () => {
  const { clock, flows, worked } = await open(['a', 'b']);
  await flows.start();
  await clock.advance(1);
  expect(worked).toEqual(['a', 'b']);
  await clock.advance(10_000);
  expect(worked).toEqual(['a', 'b', 'a', 'b']);
  await flows.stop();
});

it('nudges what other policies have unfinished when one cannot say, and asks that one again ten seconds later', async () => {
  const answers = [() => Promise.reject(new Error('a store that cannot be read')), async () => ['mine']];
  const worked: string[] = [];
  const failing: Policy = {
    name: 'fails',
    advance: async (key) => void worked.push(key),
    unfinished: () => (answers.shift() ?? (async () => []))(),
  };
  const complaints: string[] = [];
  const report = (where: string, error: unknown) => void complaints.push(`${where}: ${String(error)}`);
  const house = await open(['theirs'], { policies: [failing], report });
  await house.flows.start();
  await house.clock.advance(1);
  expect([worked, house.worked]).toEqual([[], ['theirs']]);
  expect(complaints).toEqual(['reconciler of fails: Error: a store that cannot be read']);
  await house.clock.advance(10_000);
  expect([worked, house.worked]).toEqual([['mine'], ['theirs', 'theirs']]);
  await house.flows.stop();
});

it('a reconciler that is under way when everything stops does not begin again', async () => {
  let asked = 0;
  let answer = () => {};
  const { clock, flows, flow } = await open();
  const [woken] = flow.policies;
  if (!woken) throw new Error('no policy');
  Object.assign(woken.policy, {
    unfinished: () => new Promise<readonly string[]>((done) => (asked++, (answer = () => done([])))),
  });
  const started = flows.start();
  while (asked === 0) await clock.advance(1);
  const stopped = flows.stop();
  answer();
  await Promise.all([started, stopped]);
  await clock.advance(60_000);
  expect(asked).toBe(1);
});

it('rebuilds everything from the facts, and lets no policy work meanwhile', async () => {
  const { flows, add, routes, heard, worked, group, stream } = await open(['a']);
  await add();
  await add();
  await commitAlone(group, 'gateway', 2, [{ view: 'counted', key: stream, row: { routes: 99 } }]);
  await flows.rebuild();
  expect([await routes(), heard, worked]).toEqual([2, [seen, seen], []]);
});

it('does not start half-wired', async () => {
  const { flows, flow } = await open();
  expect(() => flows.add(flow)).toThrow('two flows of gateway');
  flows.add({ ...flow, service: 'power', consumers: [] });
  await expect(flows.start()).rejects.toThrow('two policies are named look');
  const { flows: idle, flow: nudging } = await open();
  idle.add({ ...nudging, service: 'power', consumers: [], policies: [], nudges: ['look', 'power-chek'] });
  await expect(idle.start()).rejects.toThrow('power nudges power-chek and power has no policy of that name');
  const { flows: deaf, flow: other } = await open();
  deaf.add({ ...other, service: 'power', consumers: [], policies: [] });
  await expect(deaf.start()).rejects.toThrow(`power should listen to ${takenBy('power')[0]}`);
});

it('what must be known is recorded, and seen, before it has started', async () => {
  const house = await open([], { begin: async () => void (await house.add()) });
  await house.flows.start();
  expect([await house.routes(), house.heard]).toEqual([1, [seen]]);
  await house.flows.stop();
});

it('what could not be recorded is told, and does not keep it from starting', async () => {
  const told: unknown[] = [];
  const begin = () => Promise.reject(new Error('the disk is full'));
  const { flows, add, routes, clock } = await open([], { begin, report: (...complaint) => void told.push(complaint) });
  await flows.start();
  expect(told).toEqual([['start of gateway', new Error('the disk is full')]]);
  await add();
  await clock.advance(10);
  expect(await routes()).toBe(1);
  await flows.stop();
});

it('a service whose log cannot be read keeps no other from starting, and is heard later', async () => {
  const { clock, flows, heard, routes, add } = await open([], { report: () => {} });
  await add();
  const store = memoryEventStore();
  await store.append({
    ...{ stream: StreamId.of('audit', 'inventory'), version: 0, commitId: CommitId.create() },
    facts: [{ id: FactId.create(), fact: { type: 'AuditCredentialSeen', route: '/' } }],
    metadata: { at: clock.now(), actor: 'ana', requestId: 'r1' },
  });
  let away = true;
  const readAll: EventStore['readAll'] = async (...of) => {
    if (away) throw new Error('inventory is away');
    return store.readAll(...of);
  };
  const ears: Consumer = { name: 'ears', listensTo: 'all', position: async () => 1e9, take: async () => {} };
  flows.add({
    ...{ service: 'inventory', eventStore: { ...store, readAll }, consumers: [ears], policies: [] },
    publish: (stored) => auditEvent('inventory', stored),
  });
  await flows.start();
  expect([await routes(), heard]).toEqual([1, [seen]]);
  away = false;
  await clock.advance(60_000);
  expect(heard).toEqual([seen, eventType('inventory', 'audit-credential-seen')]);
  await flows.stop();
});
