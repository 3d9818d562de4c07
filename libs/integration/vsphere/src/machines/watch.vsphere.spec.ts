import { expect, it } from '@jest/globals';
import { readCounter, sleep, virtualClock, type CatalogNews } from '@drover/ports';
import { machineCache } from './machine-cache.vsphere.js';
import type { SoapCall } from '../session/session.vsphere.js';
import { VimFault } from '../soap/soap.vsphere.js';
import { watch } from './watch.vsphere.js';
import { lab, sessionOf } from '../testing.js';
import { at, parse } from '../soap/xml.vsphere.js';

const UUID = '501c7e2f-1b2a-9f3c-0d4e-5f6a7b8c9d0e';
const propSet = Object.entries({
  name: 'web-01',
  'config.instanceUuid': UUID,
  'config.hardware.numCPU': '2',
  'config.hardware.memoryMB': '4096',
  'runtime.powerState': 'poweredOn',
})
  .map(([name, val]) => `<propSet><name>${name}</name><val>${val}</val></propSet>`)
  .join('');
const read = `<returnval><objects><obj type="VirtualMachine">vm-1</obj>${propSet}</objects></returnval>`;
const update = (kind: string) =>
  `<returnval><version>1</version><filterSet><objectSet><kind>${kind}</kind>` +
  '<obj type="VirtualMachine">vm-1</obj></objectSet></filterSet></returnval>';

/** A provider of one machine: what its stream says, after the first listing it is not there any more. */
const provider = (...said: readonly string[]): SoapCall => {
  const [updates, reads] = [[update('enter'), ...said], [read]];
  const gone = () => {
    throw new VimFault('ManagedObjectNotFound', 'gone');
  };
  const answers: Readonly<Record<string, () => string>> = {
    CreatePropertyCollector: () => '<returnval type="PropertyCollector">pc-1</returnval>',
    CreateContainerView: () => '<returnval type="ContainerView">view-1</returnval>',
    RetrievePropertiesEx: () => reads.shift() ?? gone(),
    WaitForUpdatesEx: () => updates.shift() ?? '',
  };
  return async ({ method }) => at(parse(`<Envelope>${answers[method]?.() ?? ''}</Envelope>`), 'Envelope') ?? '';
};

const openOf = (ask: SoapCall, clock = virtualClock()) => {
  const session = sessionOf(ask);
  return { open: { session, cache: machineCache() }, target: lab, timing: { clock, reads: readCounter('spec') } };
};

/** Watches it until it is told that a machine went. */
const watched = async (ask: SoapCall) => {
  const reader = openOf(ask);
  const { cache } = reader.open;
  const stop = new AbortController();
  const told: CatalogNews[] = [];
  for await (const news of watch(reader, stop.signal)) {
    told.push(news);
    if (news.is === 'complete') expect(cache.idsOf(UUID)).toEqual(['vm-1']);
    if (news.is === 'removed') stop.abort();
  }
  return { told, cache };
};

it('keeps nothing of a machine that went', async () => {
  const { told, cache } = await watched(provider(update('leave')));
  expect(told.map(({ is }) => is)).toEqual(['machines', 'complete', 'removed']);
  expect(cache.idsOf(UUID)).toEqual([]);
});

it('K9: a machine that cannot be found when the stream names it went, though the stream never says so', async () => {
  const { told } = await watched(provider(update('modify')));
  expect(told.map(({ is }) => is)).toEqual(['machines', 'complete', 'removed']);
  expect(told.at(-1)).toMatchObject({ keys: [UUID] });
});

it('K1: the reading of a machine is of the moment at which it was asked for, not of an answer of the stream', async () => {
  const { told } = await watched(provider(update('leave')));
  const [first, , gone] = told;
  expect(first?.is === 'machines' && first.machines.map(({ run, n }) => [run, n])).toEqual([['spec', 1]]);
  expect(gone?.is === 'removed' && gone.order.n).toBeGreaterThan(1);
});

it('K1: what one answer brings is of the moment at which it was asked for, also where a provider does not page', async () => {
  const uuidOf = (i: number) => `501c7e2f-1b2a-9f3c-0d4e-${String(i).padStart(12, '0')}`;
  const machines = Array.from({ length: 250 }, (_, i) => {
    const own = propSet.replace(UUID, uuidOf(i));
    return `<objects><obj type="VirtualMachine">vm-${i}</obj>${own}</objects>`;
  });
  const answers: Readonly<Record<string, string>> = {
    CreatePropertyCollector: '<returnval type="PropertyCollector">pc-1</returnval>',
    CreateContainerView: '<returnval type="ContainerView">view-1</returnval>',
    RetrievePropertiesEx: `<returnval>${machines.join('')}</returnval>`,
  };
  const ask: SoapCall = async ({ method }) =>
    at(parse(`<Envelope>${answers[method] ?? ''}</Envelope>`), 'Envelope') ?? '';
  const reader = openOf(ask);
  const stop = new AbortController();
  const numbers: number[] = [];
  for await (const news of watch(reader, stop.signal)) {
    reader.timing.reads.next(); // somebody else reads while these are taken in
    if (news.is === 'machines') numbers.push(...news.machines.map(({ n }) => n));
    else stop.abort();
  }
  expect([numbers.length, new Set(numbers)]).toEqual([250, new Set([1])]);
});

it('K10: a server that says at once that nothing changed is asked once a second, and a stop does not wait for that', async () => {
  const clock = virtualClock();
  let asked = 0;
  const said = provider(...Array.from({ length: 100 }, () => ''));
  const ask: SoapCall = (call) => {
    if (call.method === 'WaitForUpdatesEx') asked += 1;
    return said(call);
  };
  const stop = new AbortController();
  const following = (async () => {
    for await (const news of watch(openOf(ask, clock), stop.signal)) if (news.is === 'complete') asked = 0;
  })();
  await clock.advance(10_000);
  expect(asked).toBeGreaterThan(5);
  expect(asked).toBeLessThan(15);
  stop.abort();
  await following;
});

it('K7: a machine that could not be read for a while is told as soon as it can be, though nothing changes', async () => {
  const clock = virtualClock();
  const hidden = read.replace('<name>runtime.powerState</name><val>poweredOn</val>', '<name>x</name><val>y</val>');
  const waits: string[] = [];
  const answers: Readonly<Record<string, () => string>> = {
    CreatePropertyCollector: () => '<returnval type="PropertyCollector">pc-1</returnval>',
    CreateContainerView: () => '<returnval type="ContainerView">view-1</returnval>',
    RetrievePropertiesEx: () => (clock.monotonic() < 10_000 ? hidden : read),
    WaitForUpdatesEx: () => '',
  };
  const ask: SoapCall = async ({ method, inner = '' }) => {
    const [, seconds = ''] = /maxWaitSeconds>(\d+)/.exec(inner) ?? [];
    if (method === 'WaitForUpdatesEx' && seconds !== '0') {
      waits.push(seconds);
      await sleep(clock, Number(seconds) * 1_000);
    }
    return at(parse(`<Envelope>${answers[method]?.() ?? ''}</Envelope>`), 'Envelope') ?? '';
  };
  const stop = new AbortController();
  const told: (readonly [ms: number, machines: number, skipped: number])[] = [];
  const following = (async () => {
    for await (const news of watch(openOf(ask, clock), stop.signal))
      if (news.is === 'machines') told.push([clock.monotonic(), news.machines.length, news.skipped.length]);
  })();
  await clock.advance(60_000);
  stop.abort();
  await clock.advance(25_000);
  await following;
  const [first, ...again] = told;
  expect(first).toEqual([0, 0, 1]);
  expect(again).toEqual([
    [5_000, 0, 1],
    [15_000, 1, 0],
  ]);
  expect(waits.slice(0, 3)).toEqual(['5', '10', '25']);
});
