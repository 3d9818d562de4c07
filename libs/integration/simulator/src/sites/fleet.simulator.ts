// The fleet is a function of its size and its seed. A machine depends on its own slot alone, so a larger fleet begins with
// the machines of the smaller one. Never: a chance that several machines share; it would undo that.
import { GuestTools, type ConnectionId } from '@drover/kernel';
import {
  blueprintOf,
  type Blueprint,
  type BlueprintDetails,
  type Profile,
  type RackSlot,
} from './blueprint.simulator.js';
import { chanceOf, shuffled } from './chance.simulator.js';
import { sites } from './connections.simulator.js';

type Site = (typeof sites)[number];

const times = (count: number, profile: Profile): readonly Profile[] => Array.from({ length: count }, () => profile);

/** Fifty machines: 80 % have their tools, 2 % are suspended, 10 % are off, 2 % hang when they are asked to stop. */
const profiles: readonly Profile[] = [
  ...times(34, {}),
  ...times(1, { guest: { obeys: false, shutdownMs: null } }),
  ...times(1, { power: 'suspended' }),
  ...times(4, { power: 'poweredOff' }),
  ...times(1, { power: 'poweredOff', tools: GuestTools.absent }),
  ...times(1, { tools: GuestTools.absent }),
  ...times(4, { tools: GuestTools.outdated }),
  ...times(3, { tools: GuestTools.stopped }),
  ...times(1, { tools: 'unknown' }),
];

const roles = ['web', 'app', 'db', 'kafka', 'elastic', 'bastion', 'lb', 'cache', 'nifi', 'zookeeper', 'ci', 'mail'];

/** What machines of some roles are called: their names say what they are for. Who they are does not hang on it. */
const called: Readonly<Record<string, string>> = {
  ...{ kafka: 'KAFKA', elastic: 'ES_DATA', bastion: 'BASTION', lb: 'ScalableLB', nifi: 'NIFI_NV', ci: 'AIWFL_EXEC' },
};
const labelled = (plan: Blueprint): Blueprint => {
  const [, role = '', number] = /^(.+)-0*(\d+)$/.exec(plan.name) ?? [];
  const label = called[role];
  return label === undefined ? plan : { ...plan, name: `${label}_${number}` };
};

/** Names of one site are odd, of the other even, so no name is met twice by accident. */
const numbered = (role: string, count: number, site: number) =>
  `${role}-${String(count * 2 + site + 1).padStart(2, '0')}`;

/** The one name that exists on both sites. */
export const SHARED_NAME = 'jump-01';

/** Guests that hang are told by their name: `legacy-…`. */
const ordinaryName = (count: number, site: number, { guest }: Profile) =>
  guest?.obeys === false
    ? numbered('legacy', Math.floor(count / profiles.length), site)
    : numbered(roles[count % roles.length] ?? 'web', Math.floor(count / roles.length), site);

/** Dealt by the fifty, so that the shares hold in every fifty machines and not just in all of them. */
function* dealt(seed: RackSlot['seed'], { id }: Site): Generator<Profile, never> {
  for (let i = 0; ; i++) yield* shuffled(profiles, chanceOf(seed, id, i));
}

/** A machine that stands in the samples of the sources, under the id that they call it by. */
const sample = (
  slot: RackSlot,
  biosUuid: string,
  profile: Profile,
  hardware: Partial<BlueprintDetails['hardware']> = {},
) => blueprintOf(slot, profile, { biosUuid, hardware });

const samples = (seed: RackSlot['seed'], connectionId: Site['id']): readonly Blueprint[] => [
  sample(
    { seed, connectionId, site: 0, index: 0, name: 'pgtest1' },
    '420570c7-f61f-a930-77c5-1e876786cb3c',
    {},
    {
      cpus: 2,
      memoryBytes: 8192 * 2 ** 20,
      os: 'windows',
      toolsVersion: '11.3.5',
      disks: [
        {
          id: 'disk-2000',
          label: 'Hard disk 1',
          capacityBytes: 109_521_666_048,
          path: '[vsanDatastore] 285ea568-64bc-07e9-4bc3-000af7864054/pgtest1.vmdk',
        },
      ],
      networks: [{ label: 'Network adapter 1', network: 'VLAN 253 - EXAMPLE-DMZ', macAddress: '00:50:56:85:3c:59' }],
    },
  ),
  sample({ seed, connectionId, site: 0, index: 1, name: 'pgtest2' }, '4205784a-098a-40f1-1f1e-a5cd2597fd59', {
    tools: GuestTools.outdated,
  }),
];

function* siteFleet(seed: RackSlot['seed'], which: Site, site: number, count: number): Generator<Blueprint, void> {
  const slot = (index: number, name: string) => ({ seed, connectionId: which.id, site, index, name });
  const shared = (index: number) => blueprintOf(slot(index, SHARED_NAME));
  const special = site === 0 ? [...samples(seed, which.id), shared(2)] : [shared(0)];
  yield* special.slice(0, count);
  const profile = dealt(seed, which);
  for (let i = 0; i < count - special.length; i++) {
    const { value } = profile.next();
    yield labelled(blueprintOf(slot(special.length + i, ordinaryName(i, site, value)), value));
  }
}

/** The machines of both sites; the first has the odd one. One after the other: a large fleet takes seconds to make. */
export function* machinesOf(size: number, seed: RackSlot['seed']): Generator<Blueprint, void> {
  for (const [site, which] of sites.entries()) yield* siteFleet(seed, which, site, Math.floor((size + 1 - site) / 2));
}

/** A machine that somebody adds by name: the one of old when there was one, else a new one of average make. */
export const addedTo = (
  fleet: readonly Blueprint[],
  seed: RackSlot['seed'],
  connectionId: ConnectionId,
  name: string,
) => {
  const site = sites.findIndex(({ id }) => id === connectionId);
  const { id } = sites[site] ?? sites[0];
  const index = 100_000 + Math.floor(chanceOf(seed, 'added', name)() * 100_000);
  return (
    fleet.find((each) => each.connectionId === id && each.name === name) ??
    blueprintOf({ seed, connectionId: id, site: Math.max(0, site), index, name })
  );
};
