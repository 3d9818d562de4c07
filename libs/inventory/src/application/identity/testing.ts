// Processes on one store of facts that are killed at any of its operations: what the specs of claims run.
import type FastCheck from 'fast-check';
import { isRejection, StreamId, type Alias, type VmId } from '@drover/kernel';
import { virtualClock, type EventStore, type VirtualClock } from '@drover/ports';
import { claiming, aliasKey, isUnique } from '../../domain/aliases.js';
import { evolve, initialVm, vmOf, type LivingVm } from '../../domain/vm.js';
import type { VmFact } from '../../domain/vm.events.js';
import { ana, machine, openHouse, siteA } from '../../testing.js';

/** One store that several processes open. */
export interface SharedStore {
  /** As one process opens it. */
  handle(): EventStore;
  close(): Promise<void>;
}

/** Where a process dies: at an operation of its store, before it or once it is done and not answered. */
export type Death = { readonly operation: number; readonly done: boolean };

/** A store whose process can die: then nothing it asks is answered, and nothing is told to it. */
const mortal = (store: EventStore) => {
  const never = new Promise<never>(() => {});
  let [dead, operations] = [false, 0];
  let death: Death | null = null;
  const through = async <Answer>(operate: () => Promise<Answer>): Promise<Answer> => {
    if (dead) return never;
    if (death && ++operations >= death.operation) {
      dead = true;
      if (death.done) await operate().catch(() => undefined);
      return never;
    }
    const answer = await operate();
    return dead ? never : answer;
  };
  const mortals: EventStore = {
    run: store.run,
    lack: store.lack,
    read: (stream, part) => through(() => store.read(stream, part)),
    readAll: (after, limit) => through(() => store.readAll(after, limit)),
    end: () => through(store.end),
    append: (draft) => through(() => store.append(draft)),
    subscribe: (listener) => store.subscribe((commits) => (dead ? undefined : listener(commits))),
  };
  return {
    eventStore: mortals,
    die: (at: Death | null) => {
      if (at === null) dead = true;
      else [death, operations] = [at, 0];
    },
    isDead: () => dead,
  };
};

type Body = Parameters<Awaited<ReturnType<typeof openHouse>>['inventory']['registerVm']>[0];

/** The unique aliases of the machine of a number: its reference, an id of a cloud, the UUID of its instance. */
export const aliasesOf = (n: number): readonly [moref: Alias, cloud: Alias, uuid: Alias] => [
  { source: siteA.id, kind: 'moref', value: `vm-${n}` },
  { source: null, kind: 'cloud-instance-id', value: `i-${n}` },
  { source: siteA.id, kind: 'instance-uuid', value: machine(n, '' as never).key },
];

const shownAs = (n: number, clock: VirtualClock) => {
  const shown = machine(n, clock.now());
  const [moref, cloud] = aliasesOf(n);
  return { ...shown, aliases: [...shown.aliases, moref, cloud] };
};

/** Some processes of inventory on one store, each with views of its own, and one provider that all of them watch. */
export const processesOn = async (open: (clock: VirtualClock) => SharedStore, count = 2) => {
  const clock = virtualClock();
  const store = open(clock);
  const reading = store.handle();
  const shown = new Set<number>();
  const start = async () => {
    const life = mortal(store.handle());
    const house = await openHouse({ clock, eventStore: life.eventStore });
    for (const n of shown) house.machines.put(shownAs(n, clock));
    void house.flows.start();
    return { ...house, ...life };
  };
  const processes = await Promise.all(Array.from({ length: count }, start));
  const at = (p: number) => processes[p % count] as (typeof processes)[number];
  await clock.advance(50);

  /** The machines of the fleet, by what is stored. */
  const fleet = async () => {
    const facts = new Map<VmId, VmFact[]>();
    for (const { stream, facts: added } of await reading.readAll(0, 1_000_000))
      if (StreamId.category(stream) === 'vm')
        facts.set(vmOf(stream), [...(facts.get(vmOf(stream)) ?? []), ...added.map(({ fact }) => fact as VmFact)]);
    return [...facts].flatMap(([vmId, all]): readonly { readonly vmId: VmId; readonly vm: LivingVm }[] => {
      const vm = all.reduce(evolve, initialVm);
      return vm.is === 'unheard' || vm.is === 'retired' ? [] : [{ vmId, vm }];
    });
  };

  return {
    clock,
    fleet,
    register: (p: number, key: string, aliases: readonly Alias[]) => {
      const connectionId = aliases.some(({ source }) => source !== null) ? siteA.id : null;
      const body: Body = { name: key, connectionId, aliases: [...aliases], groupIds: [] };
      return at(p).inventory.registerVm(body, ana(key));
    },
    retire: (p: number, vmId: VmId) => at(p).inventory.retireVm({ vmId }, ana()),
    /** The provider shows a machine to everybody, at once. */
    show: (n: number) => {
      shown.add(n);
      for (const { machines } of processes) machines.put(shownAs(n, clock));
    },
    kill: (p: number, death: Death | null) => at(p).die(death),
    /** Starts another process where one has died; or kills it first. */
    restart: async (p: number) => {
      at(p).die(null);
      processes[p % count] = await start();
      await clock.advance(50);
    },
    /** The aliases that several machines of the fleet hold, where one of them is found by it. */
    doubles: async () => {
      const held = new Map<string, { readonly claims: boolean }[]>();
      for (const { vm } of await fleet()) {
        const claims = new Set(claiming(vm.aliases).map(aliasKey));
        for (const key of vm.aliases.filter(isUnique).map(aliasKey))
          held.set(key, [...(held.get(key) ?? []), { claims: claims.has(key) }]);
      }
      return [...held].flatMap(([key, all]) => (all.length > 1 && all.some(({ claims }) => claims) ? [key] : []));
    },
    reported: () => processes.flatMap(({ reported }) => reported),
    close: async () => {
      for (const each of processes) each.die(null);
      await store.close();
    },
  };
};

type World = Awaited<ReturnType<typeof processesOn>>;

/** One step of a history: plain data, so that a counterexample can be read. */
export type AliasStep =
  | {
      readonly do: 'register';
      readonly p: number;
      readonly key: string;
      readonly of: number;
      readonly which: readonly (0 | 1 | 2)[];
    }
  | { readonly do: 'show'; readonly of: number }
  | { readonly do: 'retire'; readonly p: number; readonly i: number }
  | ({ readonly do: 'kill'; readonly p: number } & Death)
  | { readonly do: 'restart'; readonly p: number }
  | { readonly do: 'pass'; readonly ms: number };

/** Histories of two processes and two machines: requests mostly, at the same time as often as not. */
export const aliasHistories = (fc: typeof FastCheck) => {
  const p = fc.nat(1);
  const of = fc.integer({ min: 1, max: 2 });
  const weighted = (weight: number, arbitrary: FastCheck.Arbitrary<AliasStep>) => ({ weight, arbitrary });
  const key = fc.constantFrom('k1', 'k2', 'k3');
  const which = fc.subarray([0, 1, 2] as const, { minLength: 1 });
  const step = fc.oneof(
    weighted(6, fc.record({ do: fc.constant('register'), p, key, of, which })),
    weighted(2, fc.record({ do: fc.constant('show'), of })),
    weighted(1, fc.record({ do: fc.constant('retire'), p, i: fc.nat(9) })),
    weighted(
      2,
      fc.record({ do: fc.constant('kill'), p, operation: fc.integer({ min: 1, max: 12 }), done: fc.boolean() }),
    ),
    weighted(1, fc.record({ do: fc.constant('restart'), p })),
    weighted(2, fc.record({ do: fc.constant('pass'), ms: fc.constantFrom(0, 1, 600, 2_000, 61_000) })),
  );
  return fc.array(step, { minLength: 2, maxLength: 16 });
};

const quietly = (asked: Promise<unknown>) => void asked.catch(() => undefined); // who dies answers nobody

/** To which machines each alias was granted, as whoever asked was told. */
type Granted = Map<string, Set<VmId>>;

const live = async (world: World, step: AliasStep, granted: Granted): Promise<unknown> => {
  switch (step.do) {
    case 'register': {
      const { p, key, of, which } = step;
      const aliases = which.map((i) => aliasesOf(of)[i]);
      const told = async () => {
        const answer = await world.register(p, `${key}-${of}-${which.join('')}`, aliases);
        if (isRejection(answer)) return;
        for (const alias of aliases.map(aliasKey))
          granted.set(alias, new Set([...(granted.get(alias) ?? []), answer.vmId]));
      };
      return quietly(told());
    }
    case 'show':
      return world.show(step.of);
    case 'retire': {
      const fleet = await world.fleet();
      const one = fleet[step.i % Math.max(1, fleet.length)];
      return one && quietly(world.retire(step.p, one.vmId));
    }
    case 'kill':
      return world.kill(step.p, step);
    case 'restart':
      return world.restart(step.p);
    case 'pass':
      return world.clock.advance(step.ms);
  }
};

/** What comes of a request within some seconds. */
const answered = async <Answer>({ clock }: World, asked: Promise<Answer>): Promise<Answer> => {
  let ended = false;
  void asked.finally(() => (ended = true)).catch(() => undefined);
  for (let turn = 0; turn < 50 && !ended; turn++) await clock.advance(100);
  if (!ended) throw new Error('it was never answered');
  return asked;
};

/** Lives through a history, starts all processes anew, and tells what is not as it should be: nothing. */
export const troublesAfter = async (open: Parameters<typeof processesOn>[0], steps: readonly AliasStep[]) => {
  const world = await processesOn(open);
  const granted: Granted = new Map();
  for (const step of steps) await live(world, step, granted);
  for (const p of [0, 1]) await world.restart(p);
  await world.clock.advance(70_000);
  const troubles: unknown[] = [...(await world.doubles())];

  const holding = async ({ value }: Alias) =>
    (await world.fleet()).filter(({ vm }) => vm.aliases.some((each) => each.value === value));
  const shown = steps.flatMap((step) => (step.do === 'show' ? [step.of] : []));
  const stays = !steps.some((step) => step.do === 'retire');
  if (stays) troubles.push(...[...granted].filter(([, machines]) => machines.size > 1));
  for (const n of stays ? new Set(shown) : []) {
    const machines = await holding(aliasesOf(n)[2]);
    if (machines.length !== 1) troubles.push({ machine: n, shownAs: machines });
  }
  // Whoever asks for an alias gets it, or hears which machine holds it: that is not lost for ever.
  for (const alias of [1, 2].flatMap(aliasesOf)) {
    const before = await holding(alias);
    const answer = await answered(world, world.register(0, `last ${alias.value}`, [alias]));
    if (isRejection(answer) !== before.length > 0) troubles.push({ alias, before, answer });
  }
  troubles.push(...(await world.doubles()), ...world.reported());
  await world.close();
  return troubles;
};
