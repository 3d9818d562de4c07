import { services } from '@drover/contracts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { CommitId, FactId, StreamId } from '@drover/kernel';
import { virtualClock } from '@drover/ports';
import { commitAlone } from '@drover/ports/testing';
import { anchorAt } from '../event-store/anchor.sqlite.js';
import { openDataStores, type DirectoryNotes } from './data-stores.sqlite.js';
import type { Folders } from './data-files.sqlite.js';

const root = mkdtempSync(join(tmpdir(), 'drover-shared-'));
afterAll(() => rmSync(root, { recursive: true }));
const folder = (name: string) => join(root, name);
const folders = Object.fromEntries(services.map((service) => [service, folder(service)])) as Folders;
const kept = new Map<string, ReturnType<DirectoryNotes['of']>>();
const notes: DirectoryNotes = {
  of: (service) => kept.get(service) ?? null,
  write: (stores) => Object.entries(stores).forEach(([service, note]) => kept.set(service, note)),
};
const clock = virtualClock();
const said: string[] = [];
const open = (run: string) =>
  openDataStores({ folders, clock, notes, shared: { run, report: () => {} }, say: (each) => said.push(each) });
const draft = (n: number) => ({
  ...{ stream: StreamId.of('test', `s${n}`), version: 0, commitId: CommitId.create() },
  facts: [{ id: FactId.create(), fact: { type: 'Counted', n } }],
  metadata: { at: clock.now(), actor: 'ana', requestId: 'r' },
});

it('two processes on one directory: both hear, one keeps readers and anchor, and nothing of either is dropped', async () => {
  const [one, two] = [await open('one'), await open('two')];
  const heard: number[] = [];
  two.services.power.eventStore.subscribe((commits) => heard.push(...commits.map(({ position }) => position)));
  const lease = await one.services.power.leases?.take('readers');
  expect([lease?.isHeld(), await two.services.power.leases?.take('readers')]).toEqual([true, null]);

  for (const n of [1, 2, 3]) await one.services.power.eventStore.append(draft(n));
  await clock.advance(1_000);
  expect(heard).toEqual([1, 2, 3]);
  const views = [{ view: 'rows', revision: 1, index: {} }];
  const group = await one.services.power.views.open('reader', views);
  await commitAlone(group, 'power', 3, [{ view: 'rows', key: 'a', row: { n: 1 } }]);
  await one.services.power.work.write([{ kind: 'parked', key: '1', row: { n: 1 } }]);
  const other = await two.services.power.views.open('reader', views);
  expect([await other.checkpoint('power'), await other.view('rows').get('a')]).toEqual([3, { n: 1 }]);

  await two.services.power.eventStore.append(draft(4));
  await clock.advance(1_000);
  const anchored = () => anchorAt(join(folder('power'), 'anchor'))?.position; // by the one that reads
  for (let turn = 0; turn < 250 && anchored() !== 4; turn++) await new Promise((next) => setTimeout(next, 20));
  expect(anchored()).toBe(4);
  const three = await open('three');
  expect(await (await three.services.power.views.open('reader', views)).checkpoint('power')).toBe(3);
  for (const each of [three, two, one]) await each.close();
  expect([said, kept.get('power')?.head]).toEqual([[], 4]);
});
