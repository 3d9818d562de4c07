import type { Json } from '@drover/kernel';
import { virtualClock } from '../clock/clock.memory.js';
import { turnsRed } from '../laws/testing.js';
import { viewStoreLaws, type ViewStoreBench } from './view-store.contract.js';
import { memoryViewStore } from './view-store.memory.js';
import type { ViewQuery, View, ViewGroup, ViewStore } from './view-store.js';

const benchOf = (change: (store: ViewStore) => ViewStore = (store) => store): ViewStoreBench => {
  const clock = virtualClock();
  const store = change(memoryViewStore(clock));
  return { store, reopen: async () => store, restart: async () => store, pass: clock.advance };
};

/** A store that is right but for its groups. */
const grouping = (change: (group: ViewGroup) => Partial<ViewGroup>) =>
  benchOf((store) => ({
    open: async (...of) => {
      const group = await store.open(...of);
      return { ...group, ...change(group) };
    },
  }));

/** A store that is right but for its views. */
const viewing = (change: <Row extends Json>(view: View<Row>) => Partial<View<Row>>) =>
  grouping((group) => ({
    view: <Row extends Json>(name: string) => {
      const view = group.view<Row>(name);
      return { ...view, ...change(view) };
    },
  }));

const finding = (change: (query: ViewQuery) => ViewQuery) =>
  viewing(({ find }) => ({ find: (query) => find(change(query)) }));

/** Wrong on purpose: its checkpoints end with the process. */
const forgetful = () => {
  const { store, ...bench } = benchOf();
  const open: ViewStore['open'] = async (...of) => ({ ...(await store.open(...of)), checkpoint: async () => 0 });
  return { ...bench, store, reopen: async () => ({ open }) };
};

/** Wrong on purpose: it calls a group by its consumer alone. */
const nameless = () => grouping(({ name }) => ({ name: name.replace(/@.*/, '') }));

/** Wrong on purpose: it writes row by row. */
const piecemeal = () =>
  grouping(({ commit }) => ({
    commit: async ({ writes, ...of }) => {
      for (const [i, write] of writes.entries()) {
        const part = i === 0 ? of : { ...of, from: of.upTo, revision: of.revision + i };
        await commit({ ...part, writes: [write] });
      }
    },
  }));

/** Wrong on purpose: it does not remove what is gone. */
const keeping = () =>
  grouping(({ commit }) => ({
    commit: ({ writes, ...of }) => commit({ ...of, writes: writes.filter(({ row }) => row !== null) }),
  }));

/** Wrong on purpose: of several values it looks for the first. */
const narrow = () =>
  finding(({ where = {}, ...query }) => ({
    ...{ ...query, where: Object.fromEntries(Object.entries(where).map(([index, any]) => [index, any.slice(0, 1)])) },
  }));

/** Wrong on purpose: it gives rows as they lie. */
const unsorted = () => finding(({ sort: _sort, descending: _descending, ...query }) => query);

/** Wrong on purpose: it counts the page for the whole. */
const shortSighted = () =>
  viewing(({ find }) => ({
    find: (query) => find(query).then((found) => ({ ...found, total: found.rows.length })),
  }));

/** Wrong on purpose: each page begins where the one before began. */
const stuck = () => finding(({ after: _after, ...query }) => query);

/** Wrong on purpose: it shows what is, whatever was asked for. */
const present = () =>
  viewing(({ get, find }) => ({ get: (key) => get(key), find: ({ at: _at, ...query }) => find(query) }));

/** Wrong on purpose: where the past is gone it shows what is. */
const smooth = () =>
  viewing(({ find }) => ({
    find: ({ at, ...query }) => find({ ...query, ...(at && { at }) }).catch(() => find(query)),
  }));

/** Wrong on purpose: its counts only ever grow. */
const growing = () => {
  const most: Record<string, Record<string, number>> = {};
  return viewing(({ count }) => ({
    count: (index) => count(index).then((counts) => (most[index] = { ...most[index], ...counts })),
  }));
};

/** Wrong on purpose: rows of an older shape are taken for new ones. */
const trusting = () => {
  const first = <Definition extends object>(view: Definition) => ({ ...view, revision: 1 });
  return benchOf(({ open }) => ({ open: (name, views) => open(name, views.map(first)) }));
};

/** Wrong on purpose: who reads the same source shares one checkpoint. */
const sharing = () => {
  let farm = 0;
  return grouping(({ commit, checkpoint }) => ({
    commit: async (change) => {
      await commit(change);
      if (change.source === 'farm') farm = change.upTo;
    },
    checkpoint: async (source) => (source === 'farm' && (await checkpoint(source)) > 0 ? farm : checkpoint(source)),
  }));
};

/** Wrong on purpose: it forgets nothing. */
const clinging = () => grouping(() => ({ reset: async () => false }));

/** Wrong on purpose: it drops what it is told to drop, whoever has written since. */
const heedless = () => grouping((group) => ({ reset: () => group.reset() }));

/** Wrong on purpose: it takes what comes, from wherever. */
const lax = () =>
  grouping((group) => ({
    commit: async (change) => group.commit({ ...change, from: await group.checkpoint(change.source) }),
  }));

/** Wrong on purpose: whoever commits last has read last. */
const hasty = () =>
  grouping((group) => ({ commit: async (change) => group.commit({ ...change, revision: await group.revision() }) }));

/** Wrong on purpose: it removes whatever was written meanwhile. */
const reckless = () => grouping((group) => ({ remove: async (rows) => group.remove(rows, await group.revision()) }));

/** Wrong on purpose: a new revision takes the place of the old one. */
const replacing = () => {
  const opened = new Map<string, number>();
  return benchOf(({ open }) => ({
    open: async (name, views) => {
      const shape = views.reduce((sum, { revision }) => sum + revision, 0);
      const group = await open(name, views);
      if (opened.has(name) && opened.get(name) !== shape) await group.reset();
      opened.set(name, shape);
      return group;
    },
  }));
};

/** Wrong on purpose: what was shown is known to the process that showed it. */
const forgetting = () => {
  const bench = benchOf();
  const open: ViewStore['open'] = async (...of) => {
    const group = await bench.store.open(...of);
    return {
      ...group,
      view: <Row extends Json>(name: string): View<Row> => {
        const view = group.view<Row>(name);
        return { ...view, find: ({ at: _at, ...query }) => view.find(query) };
      },
    };
  };
  return { ...bench, reopen: async () => ({ open }) };
};

/** Wrong on purpose: it counts by itself what it wrote itself. */
const selfish = () => {
  const bench = benchOf();
  const of = (store: ViewStore): ViewStore => {
    const counts = new Map<string, Promise<Readonly<Record<string, number>>>>();
    return {
      open: async (...named) => {
        const group = await store.open(...named);
        return {
          ...group,
          commit: async (change) => {
            counts.clear();
            await group.commit(change);
          },
          view: <Row extends Json>(name: string): View<Row> => {
            const view = group.view<Row>(name);
            const count: typeof view.count = (index) => {
              const known = counts.get(index) ?? view.count(index);
              counts.set(index, known);
              return known;
            };
            return { ...view, count };
          },
        };
      },
    };
  };
  return { ...bench, store: of(bench.store), reopen: async () => of(bench.store) };
};

const whole = 'changes nothing when a commit cannot be made whole';
const together = 'keeps rows and the checkpoint together, each source with its own';
const pages = 'pages on after a place, and says how many there are in all';
const pinned = 'shows a pinned view as it was for ten minutes, then says that it is too long ago';
const counts = 'counts by an index what is there now';

const beside = 'opens another revision beside the older one, which goes when nobody has opened it for a day';
const fenced = 'refuses a commit from a place where its source is not, and changes nothing';
const met = 'refuses a commit whose rows were read before another source wrote';
const unseen = 'drops nothing of a group that somebody has written to since';
const removes = 'removes rows while nobody writes, and moves no checkpoint';
const everywhere = 'finds and counts at one process what another wrote';
const called = 'is called the same at every process, and another name for each consumer and shape';
const readOn = 'a list that was begun at one process is read on at another, as it was';

turnsRed(viewStoreLaws, benchOf, [
  [forgetful, together, beside, fenced, unseen],
  [nameless, called],
  [piecemeal, together, whole],
  [keeping, 'gives, changes and removes rows by their key', pinned, counts, everywhere, unseen],
  [narrow, 'finds by any value of an index, and by all indexes together', everywhere],
  [unsorted, 'sorts by an index, then by key; rows without a value come last', pages, pinned, readOn],
  [shortSighted, pages, readOn],
  [stuck, pages, readOn],
  [present, pinned, readOn, beside],
  [smooth, pinned, beside],
  [growing, counts, everywhere],
  [clinging, 'drops everything of a group when it is told to', unseen],
  [heedless, unseen],
  [trusting, beside, called],
  [lax, fenced],
  [hasty, met],
  [reckless, removes],
  [replacing, beside],
  [forgetting, readOn, beside],
  [selfish, everywhere],
  [sharing, 'keeps groups apart'],
]);
