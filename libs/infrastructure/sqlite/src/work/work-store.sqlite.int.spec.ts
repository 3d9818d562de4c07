import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { workStoreContract } from '@drover/ports/testing';
import { sqliteWorkStore } from './work-store.sqlite.js';

const dir = mkdtempSync(join(tmpdir(), 'drover-work-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
let files = 0;

workStoreContract('sqlite', async () => {
  const path = join(dir, `work-${files++}.db`);
  const store = sqliteWorkStore({ path });
  const open = [store];
  return {
    store,
    // What a killed process leaves: the files as they are, without a close.
    reopen: async () => {
      const copy = join(dir, `work-${files++}.db`);
      for (const part of ['', '-wal'])
        if (existsSync(`${path}${part}`)) copyFileSync(`${path}${part}`, `${copy}${part}`);
      const again = sqliteWorkStore({ path: copy });
      open.push(again);
      return again;
    },
    close: async () => {
      for (const each of open) await each.close();
    },
  };
});
