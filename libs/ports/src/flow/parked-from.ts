import type { ViewGroup } from '../view-store/view-store.js';
import type { KeptIn } from './parked-keys.js';

/** The views that events were kept from: the name of their group, and whether they have taken anything yet. */
export interface ParkedFrom {
  readonly name: string;
  hasBegun(): Promise<boolean>;
}

/** The views of a group that reads some sources. */
export const parkedFrom = (group: Pick<ViewGroup, 'name' | 'checkpoint'>, sources: readonly string[]): ParkedFrom => ({
  name: group.name,
  hasBegun: async () => Math.max(...(await Promise.all(sources.map((source) => group.checkpoint(source))))) > 0,
});

/** Where rows are kept. Before releases had views of several shapes at once, all of a reader were in one place. */
export const keptIn = (reader: string, views: ParkedFrom | undefined): KeptIn =>
  views
    ? { kind: `parked ${views.name}`, before: { kind: `parked ${reader}`, isOurs: views.hasBegun } }
    : { kind: `parked ${reader}` };
