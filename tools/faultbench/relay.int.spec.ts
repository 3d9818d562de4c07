// The way of an event from the store of its service to journal and views, with a process that is killed on it. The worker
// imports the packages as built, so `tsc -b` comes first (npm test does).
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventType } from '@drover/contracts';
import { CommitId, ConnectionId, FactId, StreamId, systemNow, VmId } from '@drover/kernel';
import type { Draft } from '@drover/ports';
import { killPoints, type KillPoint, type OtherWay, type RelayEnd } from './relay-points.ts';

const root = mkdtempSync(join(tmpdir(), 'drover-relay-'));
const worker = join(import.meta.dirname, 'relay-worker.ts');
const site = ConnectionId.parse('site-a');

beforeAll(() => {
  const built = join(import.meta.dirname, '../../libs/gateway/dist/index.js');
  if (!existsSync(built)) throw new Error('the worker needs the built packages: run `npm run build` first');
});
afterAll(() => rmSync(root, { recursive: true }));

/** A machine that was found, as inventory tells of it. */
const found = (n: number): Draft => {
  const id = VmId.ofInstance(site, `machine-${n}`);
  const where = { path: null, datacenter: null, host: null, addresses: [], disks: [], networks: [] };
  const hardware = { cpus: 2, memoryBytes: 4096, os: 'linux', toolsVersion: null, observedAt: systemNow(), ...where };
  const aliases = [{ source: site, kind: 'instance-uuid', value: `UUID-${n}` }];
  const said = {
    ...{ type: eventType('inventory', 'vm-discovered'), subject: `vm/${id}`, partitionkey: id },
    data: { connectionId: site, aliases, name: `vm-${n}`, groupIds: [], hardware },
  };
  return {
    ...{ stream: StreamId.of('vm', id), version: 0, commitId: CommitId.create() },
    facts: [{ id: FactId.create(), fact: { type: 'Told', said } }],
    metadata: { at: systemNow(), actor: 'bench', requestId: 'r' },
  };
};

/** Runs the worker: how it ended, which appends it was answered, and what is in the stores, where it came to its end. */
const run = (directory: string, ...args: readonly (string | number)[]) =>
  new Promise<{ signal: string | null; answered: number; end: RelayEnd | null }>((done, fail) => {
    const child = spawn(process.execPath, [worker, directory, ...args.map(String)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.once('error', fail);
    child.once('close', (_code, signal) => {
      const lines = said.split('\n').filter(Boolean);
      const last = lines.findLast((line) => line.startsWith('{'));
      const answered = lines.filter((line) => /^\d+$/.test(line)).length;
      done({ signal, answered, end: last === undefined ? null : (JSON.parse(last) as RelayEnd) });
    });
  });

/** Each event once, in one order everywhere: in the log, in the journal without a gap, and in the views. */
const expectWhole = (end: RelayEnd | null, drafts: readonly Draft[]) => {
  const ids = drafts.flatMap(({ facts }) => facts.map(({ id }) => id as string));
  expect(end?.stored).toEqual(ids);
  expect(end?.journal).toEqual(ids.map((id, i) => ({ position: i + 1, id })));
  expect(end?.shown).toEqual(drafts.map((_, i) => `vm-${i}`));
  expect([...(end?.history ?? [])].sort()).toEqual([...ids].sort());
};

/** The appends that were answered before a kill at the third one, and those that were stored. */
const known: Readonly<Record<KillPoint, readonly [answered: number, stored: number]>> = {
  'before the append': [2, 2],
  'after the append': [2, 3],
  'after the publish': [3, 3],
  'before the checkpoint': [3, 3],
  'after the checkpoint': [3, 3],
};

it.each(killPoints)(
  'killed %s, nothing is lost: what was stored is told and shown once, and a request that is sent again counts once',
  async (point) => {
    const directory = mkdtempSync(join(root, 'house-'));
    const drafts = [0, 1, 2, 3, 4].map(found);
    writeFileSync(join(directory, 'drafts.json'), JSON.stringify(drafts));
    const killed = await run(directory, drafts.length, point, 3);
    expect([killed.signal, killed.end]).toEqual(['SIGKILL', null]);
    const [answered, stored] = known[point];
    expect(killed.answered).toBe(answered);

    // The next process reads on, though nobody sends anything again.
    const next = await run(directory, 0);
    expectWhole(next.end, drafts.slice(0, stored));

    const again = await run(directory, drafts.length);
    expect(again.answered).toBe(drafts.length);
    expectWhole(again.end, drafts);
  },
  60_000,
);

/** What is in the stores after a process that relays in another way was killed at the third event, and one that does not read on. */
const killedOn = async (way: OtherWay, point: KillPoint) => {
  const directory = mkdtempSync(join(root, 'house-'));
  const drafts = [0, 1, 2].map(found);
  writeFileSync(join(directory, 'drafts.json'), JSON.stringify(drafts));
  const unharmed = mkdtempSync(join(root, 'house-'));
  writeFileSync(join(unharmed, 'drafts.json'), JSON.stringify(drafts));
  expect((await run(unharmed, drafts.length, 'after the checkpoint', 99, way)).end?.journal).toHaveLength(3);
  expect((await run(directory, drafts.length, point, 3, way)).signal).toBe('SIGKILL');
  return { drafts, end: (await run(directory, 0)).end };
};

it('what comes again after a kill is known by its id, and told once', async () => {
  const { drafts, end } = await killedOn('the journal says later what it has', 'after the publish');
  expectWhole(end, drafts);
}, 60_000);

it.each<[way: OtherWay, point: KillPoint, inJournal: number, shown: number]>([
  ['the views say that they have what is still to be written', 'before the checkpoint', 3, 2],
  ['the journal says that it has what is still to be told', 'after the publish', 2, 2],
  ['the journal says later what it has, and an event is named when it is told', 'after the publish', 4, 3],
])(
  'where %s, a kill %s loses an event or tells it twice',
  async (way, point, inJournal, shown) => {
    const { drafts, end } = await killedOn(way, point);
    expect(() => expectWhole(end, drafts)).toThrow();
    expect([end?.stored.length, end?.journal.length, end?.shown.length]).toEqual([3, inJournal, shown]);
  },
  60_000,
);
