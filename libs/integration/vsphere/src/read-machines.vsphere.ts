import type { ConnectionTarget } from '@drover/kernel';
import { ProviderFault, type Machine } from '@drover/ports';
import { DETAILS, detailsOf } from './details.vsphere.js';
import { readFault } from './faults.vsphere.js';
import { readMachine } from './find.vsphere.js';
import { scalarsOf, STREAMED } from './machine.vsphere.js';
import { readPlaces } from './places.vsphere.js';
import { momentOf, type Timing } from './read-moment.vsphere.js';
import type { Open } from './sessions.vsphere.js';
import { seen } from './sighting.vsphere.js';

/** What is read, and by whom. */
interface Reader {
  readonly open: Open;
  readonly target: ConnectionTarget;
  readonly timing: Timing;
}

const PATHS = [...STREAMED, ...DETAILS];

/** Reads some machines as they are now, each by itself: one that left spoils nothing for the others. */
export const readMachines = async (
  { open, target, timing }: Reader,
  instanceUuids: readonly string[],
  signal: AbortSignal,
): Promise<readonly Machine[]> => {
  if (instanceUuids.length === 0) return [];
  const moment = momentOf(timing);
  const around = {
    connection: target.id,
    places: await readPlaces(open.session, signal).catch((error: unknown) => {
      throw readFault(error);
    }),
  };
  const found = await Promise.all(
    instanceUuids.map((instanceUuid) =>
      readMachine(open, { instanceUuid }, PATHS, signal).catch((error: unknown) => {
        if (error instanceof ProviderFault && error.code === 'not_found') return null;
        throw error;
      }),
    ),
  );
  return found.flatMap((each) => {
    if (!each) return [];
    const known = { scalars: scalarsOf(each.values), details: detailsOf(each.values) };
    return seen(open.cache, each.ref.id, known, around, moment) ?? [];
  });
};
