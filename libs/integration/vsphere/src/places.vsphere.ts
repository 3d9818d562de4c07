import { refOf, text } from './xml.vsphere.js';
import { pages, type Found } from './properties.vsphere.js';
import type { Session } from './session.vsphere.js';

const WANTED = [
  { type: 'Folder', paths: ['name', 'parent'] },
  { type: 'Datacenter', paths: ['name', 'parent'] },
  { type: 'HostSystem', paths: ['name'] },
  { type: 'Network', paths: ['name'] },
];

/** A name as people write it: the provider writes `/`, `\` and `%` in names as `%2f`, `%5c` and `%25`. */
export const nameOf = (raw: string) =>
  raw.replace(/%(2f|5c|25)/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

/** Where machines are: folders, data centers, hosts and networks, by what the provider calls them. */
export interface Places {
  has(id: string): boolean;
  /** The way from the root, in the provider's own spelling, so that it can be given back: `/DC0/vm/web/web-01`. */
  path(folder: string | undefined, name: string): string | null;
  datacenter(folder: string | undefined): string | null;
  /** The name of a host or a network. */
  name(id: string | undefined): string | null;
}

/** Joins what was found. The root itself is not among it: its name is in no path. */
export const placesOf = (found: readonly Found[]): Places => {
  const known = new Map(
    found.map(({ ref, values }) => [
      ref.id,
      { type: ref.type, name: text(values['name']) ?? '', parent: refOf(values['parent'])?.id },
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
    has: (id) => known.has(id),
    path: (folder, name) => {
      const steps = way(folder);
      return steps.length > 0 ? `/${[...steps.map((step) => step.name), name].join('/')}` : null;
    },
    datacenter: (folder) => displayed(way(folder).find(({ type }) => type === 'Datacenter')?.name),
    name: (id) => displayed(known.get(id ?? '')?.name),
  };
};

/** Reads all places. Some thousand even where there are ten thousand machines. */
export const readPlaces = async (session: Session, signal: AbortSignal) => {
  const found: Found[] = [];
  for await (const page of pages(session, WANTED, signal)) found.push(...page);
  return placesOf(found);
};
