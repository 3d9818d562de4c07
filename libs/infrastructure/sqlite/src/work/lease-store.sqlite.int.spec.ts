import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { leasesOn } from '@drover/ports';
import { leaseContract } from '@drover/ports/testing';
import { sqliteWorkStore, type SqliteWorkStore } from './work-store.sqlite.js';

const dir = mkdtempSync(join(tmpdir(), 'drover-lease-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
let files = 0;

leaseContract('sqlite', async () => {
  const path = join(dir, `work-${files++}.db`);
  const open: SqliteWorkStore[] = [];
  return {
    handle: () => {
      const store = sqliteWorkStore({ path });
      open.push(store);
      return store.leases;
    },
    leases: leasesOn,
    close: async () => {
      for (const each of open) await each.close();
    },
  };
});
