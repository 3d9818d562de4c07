import { appendFileSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { virtualClock } from '@drover/ports';
import { simulator, type Simulator } from '../provider.simulator.js';

let dir = '';
let open: Simulator[] = [];
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'drover-simulator-'))));
afterEach(() => {
  open.forEach((each) => each.close());
  open = [];
  rmSync(dir, { recursive: true });
});

const life = () => {
  const clock = virtualClock();
  const sim = simulator({ clock, dir, size: 20, latency: 0, seed: 'drover' });
  open.push(sim);
  return { sim, clock };
};
const append = (text: string) => appendFileSync(join(dir, 'outside.ndjson'), text);
const powerOf = (sim: Simulator, name: string) => sim.machine(name).reading.power;
const told = (sim: Simulator) =>
  sim.ledger().map(({ outsideLine, answer, operationId }) => [outsideLine, answer, operationId]);

it('does what somebody appends, within half a second, each line once', async () => {
  const { sim, clock } = life();
  append('{"vm": "pgtest1", "do": "power-off"}\n{"vm": "pgtest2", "do": "sus');
  await clock.advance(500);
  expect([powerOf(sim, 'pgtest1'), powerOf(sim, 'pgtest2')]).toEqual(['poweredOff', 'poweredOn']);
  append('pend"}\n\n{"vm": "pgtest1", "do": "power-on"}\n');
  await clock.advance(500);
  expect([powerOf(sim, 'pgtest1'), powerOf(sim, 'pgtest2')]).toEqual(['poweredOn', 'suspended']);
  expect(told(sim)).toEqual([
    [1, 'accepted', null],
    [2, 'accepted', null],
    [4, 'accepted', null],
  ]);
});

it('does at the next start what was appended meanwhile, and nothing twice', () => {
  append('{"vm": "pgtest1", "do": "power-off"}\n');
  life().sim.close();
  open = [];
  append('{"vm": "pgtest1", "do": "rename", "name": "other"}\n');
  expect(powerOf(life().sim, 'other')).toBe('poweredOff');
  expect(told(life().sim)).toHaveLength(2);
});

it('writes of a line that cannot be carried out why', async () => {
  append('nonsense\n{"vm": "nobody", "do": "power-off"}\n{"vm": "jump-01", "do": "power-off"}\n');
  append('{"vm": "pgtest1", "do": "power-on"}\n{"vm": "pgtest1", "do": "add"}\n');
  const { sim } = life();
  expect(sim.ledger().map(({ detail }) => detail)).toEqual([
    'it is not JSON',
    'no machine is called nobody',
    'several are called jump-01: name the site',
    expect.stringContaining('it is poweredOn'),
    'pgtest1 is there already',
  ]);
  expect(sim.ledger().filter(({ effective }) => effective)).toEqual([]);
});

it('a program that asks for what cannot be done is told', () => {
  const { sim } = life();
  expect(() => sim.do('pgtest1', 'power-on')).toThrow('power-on pgtest1');
  expect(() => sim.do('nobody', 'remove')).toThrow('no machine is called nobody');
});

it('reports a file that cannot be read, once, and reads it when it can be', async () => {
  const told: unknown[] = [];
  const clock = virtualClock();
  const report = (where: string, error: unknown) => void told.push([where, error]);
  const sim = simulator({ clock, dir, size: 20, latency: 0, seed: 'drover', report });
  open.push(sim);
  symlinkSync('outside.ndjson', join(dir, 'outside.ndjson')); // to itself
  await clock.advance(2_000);
  expect(told).toEqual([['the files of the simulated sites', expect.objectContaining({ code: 'ELOOP' })]]);
  rmSync(join(dir, 'outside.ndjson'));
  append('{"vm": "pgtest1", "do": "power-off"}\n');
  await clock.advance(500);
  expect(powerOf(sim, 'pgtest1')).toBe('poweredOff');
});

it('does not start with a file that cannot be read, where nobody is there to be told', () => {
  symlinkSync('outside.ndjson', join(dir, 'outside.ndjson')); // to itself
  expect(life).toThrow('ELOOP');
});

it('sees an appended line without any poll, where the system watches files', async () => {
  const { sim } = life();
  append('{"vm": "pgtest1", "do": "power-off"}\n');
  const [off, end] = [() => powerOf(sim, 'pgtest1') === 'poweredOff', Date.now() + 5_000];
  while (!off() && Date.now() < end) await new Promise((done) => setTimeout(done, 10));
  expect(powerOf(sim, 'pgtest1')).toBe('poweredOff');
});
