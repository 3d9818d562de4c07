import { describe, expect, it } from '@jest/globals';
import { PageExpired, type ViewDefinition, type ViewGroup, type ViewStore, type Write } from './view-store.js';

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

/** What the suite runs on: an empty store, a way to open the same one again, and one to let time pass on its clock. */
export interface ViewStoreBench {
  readonly store: ViewStore;
  reopen(): Promise<ViewStore>;
  pass(ms: number): Promise<void>;
  close?(): Promise<void>;
}

/** The laws every view store keeps. */
export const viewStoreContract = (name: string, open: () => Promise<ViewStoreBench>) =>
  describe(`${name} keeps the laws of the view store`, () => {
    const with_ = (law: (group: ViewGroup, bench: ViewStoreBench) => Promise<void>) => async () => {
      const bench = await open();
      try {
        const group = await bench.store.open('zoo', [animals, plain]);
        await group.commit({ source: 'farm', upTo: 1, writes: [...all(), ...all('plain')] });
        await law(group, bench);
      } finally {
        await bench.close?.();
      }
    };

    it(
      'keeps rows and the checkpoint together, each source with its own',
      with_(async (group, { reopen }) => {
        await group.commit({ source: 'wood', upTo: 7, writes: [put('e', { name: 'fox', legs: 4, eats: ['hen'] })] });
        expect([await group.checkpoint('farm'), await group.checkpoint('wood'), await group.checkpoint('sea')]).toEqual(
          [1, 7, 0],
        );
        const again = await (await reopen()).open('zoo', [animals, plain]);
        expect([await again.checkpoint('wood'), await again.revision()]).toEqual([7, 2]);
        expect(await again.view<Animal>('animals').get('e')).toMatchObject({ name: 'fox' });
      }),
    );

    it(
      'changes nothing when a commit cannot be made whole',
      with_(async (group) => {
        const writes = [put('a', null), put('x', herd['a'] ?? null, 'no-such-view')];
        await expect(group.commit({ source: 'farm', upTo: 2, writes })).rejects.toThrow('no-such-view');
        expect(await group.checkpoint('farm')).toBe(1);
        expect(await group.view<Animal>('animals').get('a')).toMatchObject({ name: 'sheep' });
      }),
    );

    it(
      'gives, changes and removes rows by their key',
      with_(async (group) => {
        const view = group.view<Animal>('animals');
        expect(await view.get('a')).toEqual(herd['a']);
        await group.commit({
          source: 'farm',
          upTo: 2,
          writes: [put('a', { name: 'ram', legs: 4, eats: [] }), put('b', null)],
        });
        expect([await view.get('a'), await view.get('b'), await view.get('z')]).toMatchObject([
          { name: 'ram' },
          null,
          null,
        ]);
      }),
    );

    it(
      'finds by any value of an index, and by all indexes together',
      with_(async (group) => {
        for (const name of ['animals', 'plain']) {
          const view = group.view<Animal>(name);
          const find = async (where: Record<string, (string | number)[]>) => keys(await view.find({ where, limit: 9 }));
          expect(await find({})).toBe('abcd');
          expect(await find({ eats: ['grass'] })).toBe('ac');
          expect(await find({ eats: ['grass', 'corn'], legs: [2] })).toBe('b');
          expect(await find({ eats: ['grass', 'hay'] })).toBe('ac');
          expect(await find({ name: ['cat'] })).toBe('');
        }
      }),
    );

    it(
      'sorts by an index, then by key; rows without a value come last',
      with_(async (group) => {
        const view = group.view<Animal>('animals');
        expect(keys(await view.find({ sort: 'name', limit: 9 }))).toBe('cbad');
        expect(keys(await view.find({ sort: 'legs', limit: 9 }))).toBe('bacd');
        expect(keys(await view.find({ sort: 'legs', descending: true, limit: 9 }))).toBe('cabd');
      }),
    );

    it(
      'pages on after a place, and says how many there are in all',
      with_(async (group) => {
        const view = group.view<Animal>('animals');
        for (const descending of [false, true]) {
          let found = '';
          let after;
          for (;;) {
            const page = await view.find({ sort: 'legs', descending, limit: 1, ...(after && { after }) });
            expect(page.total).toBe(4);
            if (page.rows.length === 0) break;
            found += keys(page);
            after = page.rows.at(-1)?.place;
          }
          expect(found).toBe(descending ? 'cabd' : 'bacd');
        }
      }),
    );

    it(
      'shows a pinned view as it was for ten minutes, then says that it is too long ago',
      with_(async (group, { pass }) => {
        const view = group.view<Animal>('animals');
        const { revision } = await view.find({ limit: 1 });
        await group.commit({
          source: 'farm',
          upTo: 2,
          writes: [put('a', { name: 'ant', legs: 6, eats: [] }), put('b', null)],
        });
        await group.commit({ source: 'farm', upTo: 3, writes: [put('e', { name: 'fox', legs: 4, eats: [] })] });
        expect(keys(await view.find({ sort: 'name', limit: 9, at: revision }))).toBe('cbad');
        expect(keys(await view.find({ where: { eats: ['hay'] }, limit: 9, at: revision }))).toBe('a');
        expect(await view.get('b', revision)).toEqual(herd['b']);
        expect(keys(await view.find({ sort: 'name', limit: 9 }))).toBe('aced');
        await pass(601_000);
        await group.commit({ source: 'farm', upTo: 4, writes: [put('a', null)] });
        await pass(601_000);
        await group.commit({ source: 'farm', upTo: 5, writes: [put('a', herd['a'] ?? null)] });
        await expect(view.find({ limit: 9, at: revision })).rejects.toBeInstanceOf(PageExpired);
        await expect(view.find({ limit: 9, at: revision + 99 })).rejects.toBeInstanceOf(PageExpired);
      }),
    );

    it(
      'counts by an index',
      with_(async (group) => {
        expect(await group.view<Animal>('animals').count('legs')).toEqual({ 2: 1, 4: 2 });
        expect(await group.view<Animal>('animals').count('eats')).toEqual({ grass: 2, hay: 1, corn: 1 });
      }),
    );

    it(
      'drops everything of a group when it is told to, or when a view has another revision',
      with_(async (group, { reopen }) => {
        await group.reset();
        expect([await group.checkpoint('farm'), keys(await group.view<Animal>('animals').find({ limit: 9 }))]).toEqual([
          0,
          '',
        ]);
        await group.commit({ source: 'farm', upTo: 1, writes: all() });
        const again = await (await reopen()).open('zoo', [{ ...animals, revision: 2 }, plain]);
        expect(await again.checkpoint('farm')).toBe(0);
        expect(await again.view<Animal>('animals').get('a')).toBeNull();
      }),
    );

    it(
      'keeps groups apart',
      with_(async (group, { store }) => {
        const other = await store.open('other', [{ ...animals, view: 'others' }]);
        await other.commit({ source: 'farm', upTo: 9, writes: [put('a', null, 'others')] });
        expect(await group.checkpoint('farm')).toBe(1);
        expect(await group.view<Animal>('animals').get('a')).not.toBeNull();
      }),
    );
  });
