// Folders, datacenters, hosts and networks, for the path and the names that a machine shows. Parents are read level by
// level, those known from before in one request. Never: show a name that was kept; what is kept only says what to ask for
// together.
import { refOf, text, type Ref } from '../soap/xml.vsphere.js';
import { readEach, type ObjectContent } from '../soap/properties.vsphere.js';
import { shownText } from '../session/shown-text.vsphere.js';
import type { ProviderSession } from '../session/session.vsphere.js';

/** What is read of places, and watched. */
export const PLACES = [
  { type: 'Folder', paths: ['name', 'parent'] },
  { type: 'Datacenter', paths: ['name', 'parent'] },
  { type: 'HostSystem', paths: ['name'] },
  { type: 'Network', paths: ['name'] },
];

/** A name as people write and read it: the provider writes `/`, `\` and `%` in names as `%2f`, `%5c` and `%25`. */
export const nameOf = (raw: string) =>
  shownText(raw.replace(/%(2f|5c|25)/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))));

/** Where machines are: folders, data centers, hosts and networks, by what the provider calls them. */
export interface Places {
  /** A folder and those above it, without the root. */
  above(folder: string | undefined): readonly string[];
  /** The way from the root, in the provider's own spelling, so that it can be given back: `/DC0/vm/web/web-01`. */
  path(folder: string | undefined, name: string): string | null;
  datacenter(folder: string | undefined): string | null;
  /** The name of a host or a network. */
  name(id: string | undefined): string | null;
}

/** Joins what was found. The root itself is not among it: its name is in no path. */
export const placesOf = (found: readonly ObjectContent[]): Places => {
  const known = new Map(
    found.map(({ ref, values }) => [
      ref.id,
      { id: ref.id, type: ref.type, name: text(values['name']) ?? '', parent: refOf(values['parent'])?.id },
    ]),
  );
  const way = (id: string | undefined) => {
    const steps = [];
    for (let here = known.get(id ?? ''); here && steps.length < 100; here = known.get(here.parent ?? ''))
      steps.unshift(here);
    return steps;
  };
  const displayed = (raw: string | undefined) => (raw ? nameOf(raw) : null);
  return {
    above: (folder) => way(folder).map(({ id }) => id),
    path: (folder, name) => {
      const names = [...way(folder).map((step) => step.name), name];
      return names.length > 1 && !names.includes('') ? shownText(`/${names.join('/')}`) : null;
    },
    datacenter: (folder) => displayed(way(folder).find(({ type }) => type === 'Datacenter')?.name),
    name: (id) => displayed(known.get(id ?? '')?.name),
  };
};

/**
 * Reads places and those above them, now. `parents` says what stood above what when it was last read, so that they are
 * asked about together; it is brought up to date.
 */
export const readPlaces = async (
  session: ProviderSession,
  { places, parents }: { readonly places: readonly Ref[]; readonly parents: Map<string, Ref> },
  signal: AbortSignal,
): Promise<Places> => {
  const root = await session.run(async (_ask, { rootFolder }) => rootFolder.id, signal);
  const asked = new Map<string, Ref>();
  /** Those not asked about yet, with all that is known to be above them. */
  const unasked = (refs: readonly Ref[]) => {
    const more: Ref[] = [];
    for (const ref of refs)
      for (let here: Ref | undefined = ref; here && here.id !== root && !asked.has(here.id);) {
        asked.set(here.id, here);
        more.push(here);
        here = parents.get(here.id);
      }
    return more;
  };
  const found: ObjectContent[] = [];
  for (let next = unasked(places); next.length > 0;) {
    const answers = await readEach(session, next, PLACES, signal);
    found.push(...answers);
    const above = answers.flatMap(({ ref, values }) => {
      const parent = refOf(values['parent']);
      if (parent) parents.set(ref.id, parent);
      return parent ?? [];
    });
    next = unasked(above);
  }
  return placesOf(found);
};
