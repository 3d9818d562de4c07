// The machine catalog of a vCenter: listing, names only, some machines, watch, test. Each reading carries the moment at
// which it was requested. Never: end a listing early without a fault; whoever is missing in a complete one counts as absent.
import type { ConnectionTarget } from '@drover/kernel';
import {
  ProviderFault,
  type ProviderIdentity,
  type Machine,
  type MachineBatch,
  type MachineCatalog,
} from '@drover/ports';
import { readFault } from '../faults.vsphere.js';
import { find } from './find.vsphere.js';
import { MACHINE, skippedOf } from './machine.vsphere.js';
import { momentOf, type Timing } from './read-moment.vsphere.js';
import { probe } from './probes.vsphere.js';
import { pages } from '../soap/properties.vsphere.js';
import { batchOf, readRefs, readingsOf, WANTED, type Reader } from './read-machines.vsphere.js';
import type { Sessions } from '../session/sessions.vsphere.js';
import { watch } from './watch.vsphere.js';
import { firstOf } from './watched-machines.vsphere.js';

const NAMES = [{ type: MACHINE, paths: ['config.instanceUuid'] }];
/** How many machines one page of keys has: a key is short. */
const NAMES_PAGE = 500;

/** Whatever goes wrong with a reading, as a fault of the provider. */
const faultsRead = async <Value>(reading: Promise<Value>): Promise<Value> => {
  try {
    return await reading;
  } catch (error) {
    throw readFault(error);
  }
};

/** All machines, page by page: what is in a page was read when it was asked for. Of two with one UUID the first counts. */
async function* list(reader: Reader, signal: AbortSignal): AsyncGenerator<MachineBatch> {
  const holders = new Map<string, string>();
  const sending = () => momentOf(reader.timing);
  for await (const { found, sent } of pages(reader.open.session, WANTED, signal, { sending })) {
    const readings = await faultsRead(readingsOf(reader, found, sent, signal));
    yield batchOf(readings.map((reading) => firstOf(holders, reading)));
  }
}

async function* identities({ open }: Reader, signal: AbortSignal): AsyncGenerator<readonly ProviderIdentity[]> {
  for await (const { found } of pages(open.session, NAMES, signal, { size: NAMES_PAGE, sending: () => null }))
    yield found.map((each) => {
      const { ref, key } = skippedOf(each, '');
      return { ref, key };
    });
}

/**
 * Reads some machines under the references they had; whoever is not there any more is searched for by the UUID. Whoever is
 * there under several references is left out: nobody can tell which of them is meant.
 */
const read = async (reader: Reader, keys: readonly string[], signal: AbortSignal) => {
  const { open } = reader;
  const wanted = new Set(keys.map((uuid) => uuid.toLowerCase()));
  const found = new Map<string, Machine>();
  const take = async () => {
    for await (const { readings } of readRefs(reader, [...wanted].flatMap(open.cache.idsOf), signal))
      for (const machine of batchOf(readings.map(({ seen }) => seen)).machines)
        if (wanted.has(machine.key)) found.set(machine.key, machine);
    for (const uuid of found.keys()) wanted.delete(uuid);
  };
  await take();
  await Promise.all(
    Array.from(wanted, (key) =>
      find(open, { key }, signal).catch((error: unknown) => {
        if (error instanceof ProviderFault && error.code === 'not_found') return;
        throw error;
      }),
    ),
  );
  await take();
  return [...found.values()].filter(({ key }) => open.cache.idsOf(key).length === 1);
};

/** The machines of a vCenter. */
export const vsphereMachineCatalog = (sessions: Sessions, timing: Timing): MachineCatalog => {
  const readerOf = (target: ConnectionTarget): Reader => ({ open: sessions.of(target), target, timing });
  return {
    test: (target, signal) => probe(sessions.of(target).session, target, timing.clock, signal),
    list: (target, signal) => list(readerOf(target), signal),
    identities: (target, signal) => identities(readerOf(target), signal),
    read: (target, keys, signal) => faultsRead(read(readerOf(target), keys, signal)),
    watch: (target, signal) => watch(readerOf(target), signal),
    release: (target) => sessions.release(target),
  };
};
