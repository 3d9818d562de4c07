// The laws of a view store: rows and checkpoint move together, a commit from an old place is refused, pinned views show the
// past. Run by memory and SQLite, each with several handles, as several processes have. Never: a law that only holds for a
// single writer.
import { expect } from '@jest/globals';
import { closing, lawsApart, type Laws } from '../laws/testing.js';
import {
  PageExpired,
  ViewsMoved,
  type ViewDefinition,
  type ViewGroup,
  type ViewStore,
  type Write,
} from './view-store.js';

type Animal = { readonly name: string; readonly legs: number | null; readonly eats: readonly string[] };

const animals: ViewDefinition<Animal> = {
  view: 'animals',
  revision: 1,
  pinned: true,
  index: { name: ({ name }) => name, legs: ({ legs }) => legs, eats: ({ eats }) => eats },
};
const plain: ViewDefinition<Animal> = { ...animals, view: 'plain', pinned: false };
const herd: Readonly<Record<string, Animal>> = {
  a: { name: 'sheep', legs: 4, eats: ['grass', 'hay'] },
  b: { name: 'hen', legs: 2, eats: ['corn'] },
  c: { name: 'cow', legs: 4, eats: ['grass'] },
  d: { name: 'snail', legs: null, eats: [] },
};
const put = (key: string, row: Animal | null, view = 'animals'): Write => ({ view, key, row });
const all = (view = 'animals') => Object.entries(herd).map(([key, row]) => put(key, row, view));
const keys = ({ rows }: { rows: readonly { key: string }[] }) => rows.map(({ key }) => key).join('');

/** Commits as a reader does that nobody disturbs: for specs. */
export const commitAlone = async (group: ViewGroup, source: string, upTo: number, writes: readonly Write[]) => {
  const [from, revision] = [await group.checkpoint(source), await group.revision()];
  await group.commit({ source, from, upTo, revision, writes });
};

/** What the suite runs on: an empty store, and time that passes on its clock. */
export interface ViewStoreBench {
  readonly store: ViewStore;
  /** Opens the same store once more, as another process does. */
  reopen(): Promise<ViewStore>;
  /** Ends all processes, and opens the store again. */
  restart(): Promise<ViewStore>;
  pass(ms: number): Promise<void>;
  close?(): Promise<void>;
}

/** The views of the zoo, with the herd in them. */
const stocked = async ({ store }: ViewStoreBench) => {
  const group = await store.open('zoo', [animals, plain]);
  await commitAlone(group, 'farm', 1, [...all(), ...all('plain')]);
  return group;
};

/** The laws every view store keeps, each with its test. */
export const viewStoreLaws = {
  'keeps rows and the checkpoint together, each source with its own': async (bench) => {
    const group = await stocked(bench);
    await commitAlone(group, 'wood', 7, [put('e', { name: 'fox', legs: 4, eats: ['hen'] })]);
    expect([await group.checkpoint('farm'), await group.checkpoint('wood'), await group.checkpoint('sea')]).toEqual([
      1, 7, 0,
    ]);
    const again = await (await bench.reopen()).open('zoo', [animals, plain]);
    expect([await again.checkpoint('wood'), await again.revision()]).toEqual([7, 2]);
    expect(await again.view<Animal>('animals').get('e')).toMatchObject({ name: 'fox' });
  },

  'changes nothing when a commit cannot be made whole': async (bench) => {
    const group = await stocked(bench);
    const writes = [put('a', null), put('x', herd['a'] ?? null, 'no-such-view')];
    await expect(commitAlone(group, 'farm', 2, writes)).rejects.toThrow('no-such-view');
    expect(await group.checkpoint('farm')).toBe(1);
    expect(await group.view<Animal>('animals').get('a')).toMatchObject({ name: 'sheep' });
  },

  'gives, changes and removes rows by their key': async (bench) => {
    const group = await stocked(bench);
    const view = group.view<Animal>('animals');
    expect(await view.get('a')).toEqual(herd['a']);
    await commitAlone(group, 'farm', 2, [put('a', { name: 'ram', legs: 4, eats: [] }), put('b', null)]);
    expect([await view.get('a'), await view.get('b'), await view.get('z')]).toMatchObject([
      { name: 'ram' },
      null,
      null,
    ]);
  },

  'finds by any value of an index, and by all indexes together': async (bench) => {
    const group = await stocked(bench);
    for (const name of ['animals', 'plain']) {
      const view = group.view<Animal>(name);
      const find = async (where: Record<string, (string | number)[]>) => keys(await view.find({ where, limit: 9 }));
      expect(await find({})).toBe('abcd');
      expect(await find({ eats: ['grass'] })).toBe('ac');
      expect(await find({ eats: ['grass', 'corn'], legs: [2] })).toBe('b');
      expect(await find({ eats: ['grass', 'hay'] })).toBe('ac');
      expect(await find({ name: ['cat'] })).toBe('');
    }
  },

  'sorts by an index, then by key; rows without a value come last': async (bench) => {
    const group = await stocked(bench);
    const view = group.view<Animal>('animals');
    expect(keys(await view.find({ sort: 'name', limit: 9 }))).toBe('cbad');
    expect(keys(await view.find({ sort: 'legs', limit: 9 }))).toBe('bacd');
    expect(keys(await view.find({ sort: 'legs', descending: true, limit: 9 }))).toBe('cabd');
  },

  'pages on after a place, and says how many there are in all': async (bench) => {
    const group = await stocked(bench);
    const view = group.view<Animal>('animals');
    for (const descending of [false, true]) {
      let found = '';
      let after;
      for (let pages = 0; pages <= 4; pages++) {
        const page = await view.find({ sort: 'legs', descending, limit: 1, ...(after && { after }) });
        expect(page).toMatchObject({ total: 4, rows: { length: pages < 4 ? 1 : 0 } });
        found += keys(page);
        after = page.rows[0]?.sortKey;
      }
      expect(found).toBe(descending ? 'cabd' : 'bacd');
    }
  },

  'shows a pinned view as it was for ten minutes, then says that it is too long ago': async (bench) => {
    const group = await stocked(bench);
    const view = group.view<Animal>('animals');
    const { revision } = await view.find({ limit: 1 });
    await commitAlone(group, 'farm', 2, [put('a', { name: 'ant', legs: 6, eats: [] }), put('b', null)]);
    await commitAlone(group, 'farm', 3, [put('e', { name: 'fox', legs: 4, eats: [] })]);
    expect(keys(await view.find({ sort: 'name', limit: 9, at: revision }))).toBe('cbad');
    expect(keys(await view.find({ where: { eats: ['hay'] }, limit: 9, at: revision }))).toBe('a');
    expect(await view.get('b', revision)).toEqual(herd['b']);
    expect(keys(await view.find({ sort: 'name', limit: 9 }))).toBe('aced');
    await bench.pass(601_000);
    await commitAlone(group, 'farm', 4, [put('a', null)]);
    await bench.pass(601_000);
    await commitAlone(group, 'farm', 5, [put('a', herd['a'] ?? null)]);
    await expect(view.find({ limit: 9, at: revision })).rejects.toBeInstanceOf(PageExpired);
    await expect(view.find({ limit: 9, at: revision + 99 })).rejects.toBeInstanceOf(PageExpired);
  },

  'counts by an index what is there now': async (bench) => {
    const group = await stocked(bench);
    expect(await group.view<Animal>('animals').count('legs')).toEqual({ 2: 1, 4: 2 });
    expect(await group.view<Animal>('animals').count('eats')).toEqual({ grass: 2, hay: 1, corn: 1 });
    const writes = [put('a', { name: 'ram', legs: 4, eats: ['corn'] }), put('b', null)];
    await commitAlone(group, 'farm', 2, writes);
    expect(await group.view<Animal>('animals').count('legs')).toEqual({ 4: 2 });
    expect(await group.view<Animal>('animals').count('eats')).toEqual({ grass: 1, corn: 1 });
  },

  'drops everything of a group when it is told to': async (bench) => {
    const group = await stocked(bench);
    await group.reset();
    expect([await group.checkpoint('farm'), keys(await group.view<Animal>('animals').find({ limit: 9 }))]).toEqual([
      0,
      '',
    ]);
  },

  'drops nothing of a group that somebody has written to since': async (bench) => {
    const group = await stocked(bench);
    const seen = await group.revision();
    const other = await (await bench.reopen()).open('zoo', [animals, plain]);
    await commitAlone(other, 'farm', 2, [put('b', null)]);
    expect(await group.reset(seen)).toBe(false);
    expect([await group.checkpoint('farm'), keys(await group.view<Animal>('animals').find({ limit: 9 }))]).toEqual([
      2,
      'acd',
    ]);
    expect([await group.reset(await group.revision()), await group.checkpoint('farm')]).toEqual([true, 0]);
  },

  'refuses a commit from a place where its source is not, and changes nothing': async (bench) => {
    const group = await stocked(bench);
    const other = await (await bench.reopen()).open('zoo', [animals, plain]);
    await commitAlone(other, 'farm', 10, [put('a', { name: 'ram', legs: 4, eats: [] })]);
    for (const [from, upTo] of [
      [1, 5],
      [1, 12],
      [0, 3],
      [12, 13],
    ] as const)
      // prettier-ignore
      await expect(
        group.commit({ source: 'farm', from, upTo, revision: await group.revision(), writes: [put('a', null)] }),
      ).rejects.toBeInstanceOf(ViewsMoved);
    expect(await group.checkpoint('farm')).toBe(10);
    expect(await group.view<Animal>('animals').get('a')).toMatchObject({ name: 'ram' });
  },

  'refuses a commit whose rows were read before another source wrote': async (bench) => {
    const group = await stocked(bench);
    const other = await (await bench.reopen()).open('zoo', [animals, plain]);
    const revision = await group.revision();
    await commitAlone(other, 'wood', 1, [put('a', { name: 'ram', legs: 4, eats: [] })]);
    const late = { source: 'farm', from: 1, upTo: 2, revision, writes: [put('a', null)] };
    await expect(group.commit(late)).rejects.toBeInstanceOf(ViewsMoved);
    expect([await group.checkpoint('farm'), await group.view<Animal>('animals').get('a')]).toMatchObject([
      1,
      { name: 'ram' },
    ]);
  },

  'removes rows while nobody writes, and moves no checkpoint': async (bench) => {
    const group = await stocked(bench);
    const view = group.view<Animal>('animals');
    const seen = await group.revision();
    expect(await group.remove([put('a', null), put('b', null)], seen)).toBe(true);
    expect([keys(await view.find({ limit: 9 })), await group.checkpoint('farm')]).toEqual(['cd', 1]);
    expect(await group.remove([put('c', null)], seen)).toBe(false);
    expect(keys(await view.find({ limit: 9 }))).toBe('cd');
  },

  'opens another revision beside the older one, which goes when nobody has opened it for a day': async (bench) => {
    const older = await stocked(bench);
    const open = async (revision: number) => (await bench.reopen()).open('zoo', [{ ...animals, revision }, plain]);
    const newer = await open(2);
    expect([await newer.checkpoint('farm'), await newer.view<Animal>('animals').get('a')]).toEqual([0, null]);
    const { revision } = await older.view<Animal>('animals').find({ limit: 1 });
    const foreign = newer.view<Animal>('animals').find({ limit: 1, at: revision });
    await expect(foreign).rejects.toBeInstanceOf(PageExpired);
    await commitAlone(newer, 'farm', 1, [put('a', { name: 'ram', legs: 4, eats: [] })]);
    expect(await older.view<Animal>('animals').get('a')).toMatchObject({ name: 'sheep' });
    expect(await (await open(1)).checkpoint('farm')).toBe(1);
    const again = async (revision: number) => (await bench.restart()).open('zoo', [{ ...animals, revision }, plain]);
    await again(2);
    await bench.pass(25 * 3_600_000);
    expect(await (await again(2)).view<Animal>('animals').get('a')).toMatchObject({ name: 'ram' });
    expect(await (await again(1)).checkpoint('farm')).toBe(0);
  },

  'is called the same at every process, and another name for each consumer and shape': async ({ store, reopen }) => {
    const names = async (of: ViewStore) => [
      (await of.open('zoo', [animals, plain])).name,
      (await of.open('zoo', [{ ...animals, revision: 2 }, plain])).name,
      (await of.open('park', [animals, plain])).name,
    ];
    const mine = await names(store);
    expect([await names(await reopen()), new Set(mine).size]).toEqual([mine, 3]);
  },

  'a list that was begun at one process is read on at another, as it was': async (bench) => {
    const group = await stocked(bench);
    const query = { sort: 'name', limit: 2 } as const;
    const first = await group.view<Animal>('animals').find(query);
    const other = await (await bench.reopen()).open('zoo', [animals, plain]);
    await commitAlone(other, 'wood', 1, [put('a', null), put('d', { name: 'ant', legs: 6, eats: [] })]);
    const after = first.rows.at(-1)?.sortKey;
    const second = await other.view<Animal>('animals').find({ ...query, at: first.revision, ...(after && { after }) });
    expect([keys(first), keys(second), second.total]).toEqual(['cb', 'ad', 4]);
  },

  'finds and counts at one process what another wrote': async (bench) => {
    const group = await stocked(bench);
    const other = await (await bench.reopen()).open('zoo', [animals, plain]);
    const views = [group.view<Animal>('animals'), other.view<Animal>('animals')];
    for (const view of views) expect(await view.count('legs')).toEqual({ 2: 1, 4: 2 });
    await commitAlone(other, 'wood', 1, [put('a', null), put('e', { name: 'fox', legs: 6, eats: [] })]);
    for (const view of views) expect(await view.count('legs')).toEqual({ 2: 1, 4: 1, 6: 1 });
    await commitAlone(group, 'farm', 2, [put('b', null)]);
    for (const view of views) {
      expect(await view.count('legs')).toEqual({ 4: 1, 6: 1 });
      expect(await view.find({ where: { legs: [4, 6] }, limit: 9 })).toMatchObject({ total: 2 });
    }
  },

  'keeps groups apart': async (bench) => {
    const group = await stocked(bench);
    const other = await bench.store.open('other', [{ ...animals, view: 'others' }]);
    await commitAlone(other, 'farm', 9, [put('a', null, 'others')]);
    expect(await group.checkpoint('farm')).toBe(1);
    expect(await group.view<Animal>('animals').get('a')).not.toBeNull();
  },
} satisfies Laws<ViewStoreBench>;

/** Runs the laws. An adapter's own spec is one call to this function. */
export const viewStoreContract = (name: string, open: () => Promise<ViewStoreBench>) =>
  lawsApart(`${name} keeps the laws of the view store`, viewStoreLaws, open, closing);
