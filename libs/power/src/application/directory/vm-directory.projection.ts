// Where power looks machines up by any of their names, by the fold that all services share. Never: a fold of its own; two
// services would know one machine by different names.
import { foldVm, type CloudEvent, type EventType, type VmRecord } from '@drover/contracts';
import type { Projection } from '@drover/kernel';

const LISTENS = [
  'io.drover.inventory.vm-discovered.v1',
  'io.drover.inventory.vm-registered.v1',
  'io.drover.inventory.vm-aliased.v1',
  'io.drover.inventory.vm-described.v1',
  'io.drover.inventory.vm-power-observed.v1',
  'io.drover.inventory.vm-merged.v1',
  'io.drover.inventory.vm-retired.v1',
] as const satisfies readonly EventType[];
type Heard = CloudEvent<(typeof LISTENS)[number]>;

/**
 * The machines as power is told of them: their names, where they are, what was observed last. Retired ones stay, so that a
 * request for one is told so. What people say of them, and who is missing, power does not listen to.
 */
export const vmDirectory = {
  view: 'vm-directory',
  revision: 7,
  listensTo: LISTENS,
  key: ({ partitionkey }) => partitionkey,
  evolve: (row, event) => foldVm(row, event),
  index: {
    /** Whatever it is called: any of its aliases, its name, its id. */
    called: ({ vmId, name, aliases }) => [
      ...new Set([vmId, name, ...aliases.map(({ value }) => value)].map((each) => each.toLowerCase())),
    ],
  },
} as const satisfies Projection<Heard, VmRecord>;
