import type { Machine, MachineCatalog } from '@drover/ports';
import { DETAILS, detailsOf } from './details.vsphere.js';
import { readFault } from './faults.vsphere.js';
import { MACHINE, scalarsOf, STREAMED } from './machine.vsphere.js';
import { readPlaces } from './places.vsphere.js';
import { probe } from './probes.vsphere.js';
import { momentOf, type Timing } from './read-moment.vsphere.js';
import { readMachines } from './read-machines.vsphere.js';
import { pages } from './properties.vsphere.js';
import type { Sessions } from './sessions.vsphere.js';
import { seen } from './sighting.vsphere.js';
import { watch } from './watch.vsphere.js';

const WANTED = [{ type: MACHINE, paths: [...STREAMED, ...DETAILS] }];

/** The machines of a vCenter. What was read in one page was read when the page was asked for, at the earliest. */
export const vsphereMachineCatalog = (sessions: Sessions, timing: Timing): MachineCatalog => ({
  test: (target, signal) => probe(sessions.of(target).session, target, timing.clock, signal),
  list: async function* (target, signal): AsyncGenerator<readonly Machine[]> {
    const { session, cache } = sessions.of(target);
    try {
      const around = { connection: target.id, places: await readPlaces(session, signal) };
      let moment = momentOf(timing);
      for await (const page of pages(session, WANTED, signal)) {
        yield page.flatMap(({ ref, values }) => {
          const known = { scalars: scalarsOf(values), details: detailsOf(values) };
          return seen(cache, ref.id, known, around, moment) ?? [];
        });
        moment = momentOf(timing);
      }
    } catch (error) {
      throw readFault(error);
    }
  },
  read: (target, instanceUuids, signal) =>
    readMachines({ open: sessions.of(target), target, timing }, instanceUuids, signal),
  watch: (target, signal) => watch({ open: sessions.of(target), target, timing }, signal),
  release: (target) => sessions.release(target),
});
