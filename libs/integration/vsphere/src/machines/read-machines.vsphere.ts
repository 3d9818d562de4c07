// Machines in full, a hundred at a time: properties, then the places that they name. The moment is taken before the request
// is sent, so a reading is never dated later than what it shows. Never: use a place's name from an earlier reading.
import type { ConnectionTarget, ReadMoment } from '@drover/kernel';
import type { Machine, MachineBatch, SkippedMachine } from '@drover/ports';
import { DETAILS, detailsOf, type DeviceDetails } from './details.vsphere.js';
import { MACHINE, machineOf, STREAMED } from './machine.vsphere.js';
import { readPlaces } from './places.vsphere.js';
import { readEach, type ObjectContent } from '../soap/properties.vsphere.js';
import { momentOf, type Timing } from './read-moment.vsphere.js';
import type { OpenConnection } from '../session/sessions.vsphere.js';
import { refOf, type Ref } from '../soap/xml.vsphere.js';

/** What is read of a machine: everything that is told of it. */
export const WANTED = [{ type: MACHINE, paths: [...STREAMED, ...DETAILS] }];

/** What machines are read with. */
export interface Reader {
  readonly open: OpenConnection;
  readonly target: ConnectionTarget;
  readonly timing: Timing;
}

/** What was read under a reference, and the places whose names are in it. */
export interface ReferenceReading {
  readonly id: string;
  readonly seen: Machine | SkippedMachine;
  readonly places: ReadonlySet<string>;
}

/** Tells those that can be shown from those that cannot. */
export const batchOf = (all: readonly (Machine | SkippedMachine)[]): MachineBatch => ({
  machines: all.filter((each): each is Machine => !('why' in each)),
  skipped: all.filter((each): each is SkippedMachine => 'why' in each),
});

/** The places that a machine names itself: its folder, its host, its networks. */
const placesIn = ({ values }: ObjectContent, details: DeviceDetails | null): readonly Ref[] => [
  ...['parent', 'runtime.host'].flatMap((path) => refOf(values[path]) ?? []),
  ...(details?.nics ?? []).flatMap(({ networkRef }) => networkRef ?? []),
];

/**
 * Says in our words what was found at a moment. The places are read after it: no name is told that was kept from before.
 */
export const readingsOf = async (
  { open: { session, cache }, target }: Reader,
  found: readonly ObjectContent[],
  moment: ReadMoment,
  signal: AbortSignal,
): Promise<readonly ReferenceReading[]> => {
  const all = found.map((each) => {
    const details = detailsOf(each.values);
    return { each, details, near: placesIn(each, details) };
  });
  const named = new Map(all.flatMap(({ near }) => near).map((ref) => [ref.id, ref]));
  const places = await readPlaces(session, { places: [...named.values()], parents: cache.parents }, signal);
  return all.map(({ each, details, near }) => {
    const seen = machineOf(each, details, { connection: target.id, places }, moment);
    if (seen.key !== null && each.ref.id !== '') cache.learn(seen.key, each.ref.id);
    const above = places.above(refOf(each.values['parent'])?.id);
    return { id: each.ref.id, seen, places: new Set([...above, ...near.map(({ id }) => id)]) };
  });
};

/** How many machines are read at once: their devices have a megabyte. */
const CHUNK = 100;

/** Reads what is called so, in chunks, each of the moment at which it is asked for. Whoever has left is not among them. */
export async function* readRefs(
  reader: Reader,
  ids: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<{ readonly asked: readonly string[]; readonly readings: readonly ReferenceReading[] }> {
  for (let from = 0; from < ids.length; from += CHUNK) {
    const asked = ids.slice(from, from + CHUNK);
    const refs = asked.map((id) => ({ type: MACHINE, id }));
    const moment = momentOf(reader.timing);
    const found = await readEach(reader.open.session, refs, WANTED, signal);
    const here = new Set(found.map(({ ref }) => ref.id));
    for (const id of asked) if (!here.has(id)) reader.open.cache.drop(id);
    yield { asked, readings: await readingsOf(reader, found, moment, signal) };
  }
}
