import type { Json } from '@drover/kernel';
import { virtualClock } from '../clock/clock.memory.js';
import { turnsRed } from '../laws.contract.js';
import { viewStoreLaws, type ViewStoreBench } from './view-store.contract.js';
import { memoryViewStore } from './view-store.memory.js';
import type { ViewQuery, View, ViewGroup, ViewStore } from './view-store.js';

const benchOf = (change: (store: ViewStore) => ViewStore = (store) => store): ViewStoreBench => {
  const clock = virtualClock();
  const store = change(memoryViewStore(clock));
  return { store, reopen: async () => store, pass: clock.advance };
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

/** Wrong on purpose: it writes row by row. */
const piecemeal = () =>
  grouping(({ commit }) => ({
    commit: async ({ writes, ...of }) => {
      for (const write of writes) await commit({ ...of, writes: [write] });
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

const whole = 'changes nothing when a commit cannot be made whole';
const together = 'keeps rows and the checkpoint together, each source with its own';
const pages = 'pages on after a place, and says how many there are in all';
const pinned = 'shows a pinned view as it was for ten minutes, then says that it is too long ago';
const counts = 'counts by an index what is there now';

turnsRed(viewStoreLaws, benchOf, [
  [forgetful, together],
  [piecemeal, together, whole],
  [keeping, 'gives, changes and removes rows by their key', pinned, counts],
  [narrow, 'finds by any value of an index, and by all indexes together'],
  [unsorted, 'sorts by an index, then by key; rows without a value come last', pages, pinned],
  [shortSighted, pages],
  [stuck, pages],
  [present, pinned],
  [smooth, pinned],
  [growing, counts],
  [trusting, 'drops everything of a group when it is told to, or when a view has another revision'],
  [sharing, 'keeps groups apart'],
]);
