// Two processes of inventory on one file of facts, killed at any operation of their store.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { aliasHistories, troublesAfter, type SharedStore } from '@drover/inventory/testing';
import type { Clock } from '@drover/ports';
import { sqliteEventStore, type SqliteEventStore } from '@drover/sqlite';
import { figure } from './tier.ts';

const root = mkdtempSync(join(tmpdir(), 'drover-alias-'));
afterAll(() => rmSync(root, { recursive: true }));
let files = 0;

/** One file; each process has a handle of its own and hears of the other's commits when it looks for them. */
const file = (shared: Clock): SharedStore => {
  const path = join(root, `${files++}.db`);
  const handles: SqliteEventStore[] = [];
  return {
    handle: () => {
      const store = sqliteEventStore({ path, shared });
      handles.push(store);
      return store;
    },
    close: async () => void (await Promise.all(handles.map((each) => each.close()))),
  };
};

it('T-ALI-1: two processes on one file that are killed anywhere leave no alias with two machines', async () => {
  await fc.assert(
    fc.asyncProperty(aliasHistories(fc), async (steps) => {
      expect(await troublesAfter(file, steps)).toEqual([]);
    }),
    { numRuns: figure(20, 300) },
  );
}, 600_000);
