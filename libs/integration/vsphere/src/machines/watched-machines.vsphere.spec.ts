import { expect, it } from '@jest/globals';
import type { Machine, SkippedMachine } from '@drover/ports';
import { watchedMachines } from './watched-machines.vsphere.js';

let now = 0;
const places = new Set<string>();
const machine = (id: string, key: string, at: ReadonlySet<string> = places) => ({
  ...{ id, places: at },
  seen: { key, name: id } as Machine,
});
const unread = (id: string): { id: string; seen: SkippedMachine; places: ReadonlySet<string> } => ({
  ...{ id, places },
  seen: { ref: id, key: null, name: null, why: 'config.instanceUuid is not set' },
});

it('tells once who left, and not of one that is there under another reference', () => {
  const watched = watchedMachines(() => now);
  for (const [id, uuid] of [
    ['vm-1', 'u1'],
    ['vm-2', 'u2'],
  ] as const)
    watched.take(machine(id, uuid));
  for (const id of ['vm-1', 'vm-2', 'vm-9']) watched.leave(id);
  watched.take(machine('vm-3', 'u2'));
  expect([watched.removed(), watched.removed()]).toEqual([['u1'], []]);
  expect(watched.present()).toEqual(new Set(['vm-3']));
});

it('K24: a reference that became another machine’s is told as the first machine gone', () => {
  const watched = watchedMachines(() => now);
  watched.take(machine('vm-1', 'u1'));
  expect(watched.take(machine('vm-1', 'u2'))).toMatchObject({ key: 'u2' });
  expect(watched.removed()).toEqual(['u1']);
});

it('K25: a reference whose UUID cannot be read is nobody’s removal', () => {
  const watched = watchedMachines(() => now);
  watched.take(machine('vm-1', 'u1'));
  expect(watched.take(unread('vm-1'))).toMatchObject({ ref: 'vm-1', why: 'config.instanceUuid is not set' });
  expect(watched.removed()).toEqual([]);
  watched.leave('vm-1');
  expect(watched.removed()).toEqual(['u1']);
});

it('K7: of two references with one UUID the second is skipped, and read again when the first leaves', () => {
  const watched = watchedMachines(() => now);
  watched.take(machine('vm-1', 'u1'));
  expect(watched.take(machine('vm-2', 'u1'))).toEqual({
    ...{ ref: 'vm-2', key: 'u1', name: 'vm-2', why: 'its instance UUID is that of vm-1, too' },
  });
  expect(watched.freed()).toEqual([]);
  watched.leave('vm-1');
  expect(watched.freed()).toEqual(['vm-2']);
  expect(watched.take(machine('vm-2', 'u1'))).toMatchObject({ key: 'u1' });
  expect([watched.freed(), watched.removed()]).toEqual([[], []]);
});

it('K19: … and when the first becomes another machine', () => {
  const watched = watchedMachines(() => now);
  for (const id of ['vm-1', 'vm-2']) watched.take(machine(id, 'u1'));
  watched.take(machine('vm-1', 'u2'));
  expect(watched.freed()).toEqual(['vm-2']);
  expect(watched.take(machine('vm-2', 'u1'))).toMatchObject({ key: 'u1', name: 'vm-2' });
  expect([watched.freed(), watched.removed()]).toEqual([[], []]);
});

it('K2: knows whose names a place is in', () => {
  const watched = watchedMachines(() => now);
  watched.take(machine('vm-1', 'u1', new Set(['group-v3', 'host-1'])));
  watched.take(machine('vm-2', 'u2', new Set(['group-v3'])));
  expect([new Set(['host-1']), new Set(['group-v3']), new Set(['network-7'])].map(watched.at)).toEqual([
    ...[['vm-1'], ['vm-1', 'vm-2'], []],
  ]);
});

it('K7: one that could not be read is due again soon, then less and less often, until it can be read or leaves', () => {
  const watched = watchedMachines(() => now);
  now = 1_000;
  expect([watched.due(), watched.dueIn()]).toEqual([[], Infinity]);
  watched.take(unread('vm-1'));
  watched.take(unread('vm-2'));
  expect([watched.due(), watched.dueIn()]).toEqual([[], 5_000]);
  const times: number[] = [];
  for (const start = now; now - start < 1_200_000; now += watched.dueIn()) {
    const due = watched.due();
    if (due.length === 0) continue;
    expect(due).toEqual(['vm-1', 'vm-2']);
    times.push((now - start) / 1_000);
    for (const id of due) watched.take(unread(id));
  }
  expect(times).toEqual([5, 15, 35, 75, 155, 315, 615, 915]);
  watched.take(machine('vm-1', 'u1'));
  watched.leave('vm-2');
  expect([watched.due(), watched.dueIn()]).toEqual([[], Infinity]);
});

it('K7: of very many that cannot be read a hundred are due at once, and a thousand are kept in mind', () => {
  const watched = watchedMachines(() => now);
  for (let n = 0; n < 5_000; n++) watched.take(unread(`vm-${n}`));
  now += 5_000;
  const due = Array.from({ length: 11 }, watched.due);
  expect(due.map(({ length }) => length)).toEqual([...Array<number>(10).fill(100), 0]);
  expect(new Set(due.flat()).size).toBe(1_000);
});
