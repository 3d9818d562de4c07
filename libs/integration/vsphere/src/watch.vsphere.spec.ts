import { expect, it } from '@jest/globals';
import { ConnectionId, type ConnectionTarget } from '@drover/kernel';
import { readCounter, virtualClock, type CatalogNews } from '@drover/ports';
import type { Content } from './content.vsphere.js';
import { machineCache } from './machine-cache.vsphere.js';
import type { Ask } from './session.vsphere.js';
import { watch } from './watch.vsphere.js';
import { at, parse } from './xml.vsphere.js';

const UUID = '501c7e2f-1b2a-9f3c-0d4e-5f6a7b8c9d0e';
const target: ConnectionTarget = {
  id: ConnectionId.parse('lab'),
  kind: 'vsphere',
  url: 'https://vcenter-01.example.test/sdk',
  credentialRef: null,
  tls: { mode: 'system', value: null },
  allow: [],
  revision: 1,
};
const service = (id: string) => ({ type: id, id });
const content: Content = {
  rootFolder: service('rootFolder'),
  propertyCollector: service('propertyCollector'),
  viewManager: service('viewManager'),
  sessionManager: service('sessionManager'),
  searchIndex: service('searchIndex'),
  about: 'v',
};
const values = {
  name: 'web-01',
  'config.instanceUuid': UUID,
  'config.hardware.numCPU': '2',
  'config.hardware.memoryMB': '4096',
  'runtime.powerState': 'poweredOn',
};
const changes = Object.entries(values).map(
  ([name, val]) => `<changeSet><name>${name}</name><val>${val}</val></changeSet>`,
);
const update = (kind: string, inner = '') =>
  `<returnval><version>1</version><filterSet><objectSet><kind>${kind}</kind>` +
  `<obj type="VirtualMachine">vm-1</obj>${inner}</objectSet></filterSet></returnval>`;

/** A provider of one machine, which leaves after the first listing. */
const provider = (): Ask => {
  const updates = [update('enter', changes.join('')), update('leave')];
  const answers: Readonly<Record<string, () => string>> = {
    CreatePropertyCollector: () => '<returnval type="PropertyCollector">pc-1</returnval>',
    CreateContainerView: () => '<returnval type="ContainerView">view-1</returnval>',
    RetrievePropertiesEx: () => '<returnval><objects><obj type="VirtualMachine">vm-1</obj></objects></returnval>',
    WaitForUpdatesEx: () => updates.shift() ?? '',
  };
  return async ({ method }) => at(parse(`<Envelope>${answers[method]?.() ?? ''}</Envelope>`), 'Envelope') ?? '';
};

it('keeps nothing of a machine that went', async () => {
  const ask = provider();
  const session = {
    reach: async () => {},
    run: <T>(work: (ask: Ask, content: Content) => Promise<T>) => work(ask, content),
    close: async () => {},
  };
  const cache = machineCache();
  const timing = { clock: virtualClock(), reads: readCounter('spec') };
  const stop = new AbortController();
  const told: CatalogNews['is'][] = [];
  for await (const news of watch({ open: { session, cache }, target, timing }, stop.signal)) {
    told.push(news.is);
    if (news.is === 'complete') expect([cache.idOf(UUID), cache.last('vm-1')?.name]).toEqual(['vm-1', 'web-01']);
    if (news.is === 'removed') stop.abort();
  }
  expect(told).toEqual(['machines', 'complete', 'removed']);
  expect([cache.idOf(UUID), cache.last('vm-1')]).toEqual([undefined, undefined]);
});
