// A gateway and a service that tells, on the files of a directory: what the relay does, until it is killed at a named point.
//   node tools/faultbench/relay-worker.ts <directory> <how many of the drafts are appended> [<point> <the how manieth time> [<way>]]
// The drafts stand in `drafts.json` of the directory. Says "<n>" for each append that was answered, and at its end what is
// in the stores. Runs from source, but imports the packages as built: `npx tsc -b` first (npm test does).
import { readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { PublicEvent } from '@drover/contracts';
import { FactId, isRejection, rights, type Json } from '@drover/kernel';
import { gatewayUseCases } from '@drover/gateway';
import { localClock } from '@drover/local';
import {
  auditOf,
  flowsOf,
  memoryEventBus,
  memoryJobQueue,
  memorySessionStore,
  strangersOf,
  type Draft,
  type EventStore,
  type Journal,
  type ViewStore,
} from '@drover/ports';
import { sqliteEventStore, sqliteJournal, sqliteViewStore, sqliteWorkStore } from '@drover/sqlite';
import type { KillPoint, OtherWay, RelayEnd } from './relay-points.ts';

const [directory = '', count = '0', point, nth = '1', way] = process.argv.slice(2);
/** Whether it relays in another way than the house. */
const goes = (other: OtherWay) => way === other;
const drafts = JSON.parse(readFileSync(join(directory, 'drafts.json'), 'utf8')) as readonly Draft[];
let left = Number(nth);
/** The end of this process, where it was told to end here. */
const reached = (here: KillPoint) => {
  if (here === point && --left === 0) process.kill(process.pid, 'SIGKILL');
};

const clock = localClock();
const report = (where: string, error: unknown) => console.error(where, error);
const at = (...of: string[]) => join(directory, ...of);
const [store, journal] = [sqliteEventStore({ path: at('told.db') }), sqliteJournal({ path: at('journal.db') })];
const [own, views] = [sqliteEventStore({ path: at('own.db') }), sqliteViewStore({ path: at('views.db'), clock })];
const work = sqliteWorkStore({ path: at('work.db') });

let heard = 0;
const telling: EventStore = {
  ...store,
  append: async (draft) => {
    reached('before the append');
    return store.append(draft);
  },
  subscribe: (listener) =>
    store.subscribe((commits) => {
      const last = commits.at(-1)?.position ?? 0;
      if (last > heard) reached('after the append'); // once, whoever listens
      heard = last;
      listener(commits);
    }),
};
type Batch = Parameters<Journal['append']>[0];
/** What is appended one after the other: all of it at once, in the house. */
const stepsOf = async (batch: Batch): Promise<readonly Batch[]> => {
  const reaches = { ...batch, events: [] };
  const upTo = await journal.checkpoint(batch.service);
  if (goes('the journal says that it has what is still to be told')) return [reaches, batch];
  if (goes('the journal says later what it has')) return [{ ...batch, upTo }, reaches];
  if (!goes('the journal says later what it has, and an event is named when it is told')) return [batch];
  return [{ ...batch, upTo, events: batch.events.map((event) => ({ ...event, id: FactId.create() })) }, reaches];
};
const published: Journal = {
  ...journal,
  append: async (batch) => {
    const told = [];
    for (const [n, step] of (await stepsOf(batch)).entries()) {
      told.push(...(await journal.append(step)));
      if (n === 0 && batch.events.length > 0) reached('after the publish');
    }
    return told;
  },
};
const shown: ViewStore = {
  open: async (...of) => {
    const group = await views.open(...of);
    return {
      ...group,
      commit: async (change) => {
        const ahead = goes('the views say that they have what is still to be written');
        if (ahead) await group.commit({ ...change, writes: [] });
        if (change.writes.length > 0) reached('before the checkpoint');
        await group.commit(ahead ? { ...change, from: change.upTo, revision: await group.revision() } : change);
        if (change.writes.length > 0) reached('after the checkpoint');
      },
    };
  },
};

const audit = auditOf('gateway', own, () => clock.now());
const gateway = await gatewayUseCases({
  ...{ clock, journal: published, views: shown, work, eventStore: own, report, stopping: new AbortController().signal },
  ...{ secureCookie: false, apiDocs: false, journalDays: 7, strangers: strangersOf({ audit, clock, report }) },
  sessions: memorySessionStore(clock, { minutes: 5 }),
  redeemLink: async () => false,
  owners: { send: () => Promise.reject(new Error('nobody answers')) },
  deadLetters: { list: async () => [], replay: async () => ({ is: 'gone' }), discard: async () => false },
  documents: { openApi: () => '{}', asyncApi: () => '{}' },
});
const ears = {
  name: 'inventory',
  listensTo: 'all',
  position: async () => Number.MAX_SAFE_INTEGER,
  take: async () => {},
} as const;
const flows = flowsOf({ bus: memoryEventBus(clock, report), jobs: memoryJobQueue(clock), clock, report });
flows.add({
  ...{ service: 'inventory', eventStore: telling, consumers: [ears], policies: [] },
  publish: ({ fact }) => fact['said'] as Json as PublicEvent | null,
});
flows.add(gateway.flow);
await flows.start();
for (const [n, draft] of drafts.slice(0, Number(count)).entries()) {
  await telling.append(draft);
  writeSync(1, `${n}\n`); // written before it goes on: what was said before a kill is kept by the pipe
  await flows.caughtUp(); // so each commit is a batch of its own
}
await flows.caughtUp();

const actor = { sub: 'bench', rights, requestId: 'r' };
const list = await gateway.listVms({ limit: 200, sort: 'name' }, actor);
if (isRejection(list)) throw new Error(list.because);
const items = list.page?.items ?? [];
const histories = await Promise.all(
  items.flatMap(({ id }) => (id ? [gateway.getVmHistory({ id, limit: 200 }, actor)] : [])),
);
const end: RelayEnd = {
  stored: (await store.readAll(0, 1_000)).flatMap(({ facts }) => facts.map(({ id }) => id)),
  journal: (await journal.read(0, 1_000)).map(({ position, event }) => ({ position, id: event.id })),
  shown: items.map(({ name }) => name ?? ''),
  history: histories.flatMap((each) => (isRejection(each) ? [] : each.items.map(({ id }) => id))),
};
writeSync(1, `${JSON.stringify(end)}\n`);
await flows.stop();
for (const each of [store, journal, own, views, work]) await each.close();
process.exit();
