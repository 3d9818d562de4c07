// What the specs of the guard are made of: providers that do what they are told to, behind a guard.
import {
  backOffMs,
  ConnectionId,
  ConnectionKind,
  OperationId,
  StreamId,
  VmId,
  type ConnectionTarget,
} from '@drover/kernel';
import {
  memoryMachineCatalog,
  memoryPowerControl,
  memoryProviderContact,
  ProviderFault,
  sleep,
  virtualClock,
  type MachineRef,
  type Provider,
} from '@drover/ports';
import { guarded } from './guarded.provider-guard.js';

/** A connection. */
export const targetOf = (id: string, revision = 1): ConnectionTarget => ({
  ...{
    id: ConnectionId.parse(id),
    kind: ConnectionKind.parse('vsphere'),
    url: `https://${id}.example.test/sdk`,
    credentialRef: null,
  },
  ...{ tls: { mode: 'system', value: null }, allow: [], revision },
});
/** The connection that most specs use. */
export const lab = targetOf('lab');
/** A machine that nobody met before. */
export const machineOf = (target = lab): MachineRef => ({ vmId: VmId.create(), key: VmId.create(), target });
/** The attempt for which the specs make their calls. */
export const token = { operationId: OperationId.of('power', StreamId.of('power', 'a'), 1), attempt: 1, epoch: 1 };

type How = 'well' | 'refusing' | 'hanging' | 'busy';

/** Providers that do what they are told to, behind a guard on a clock that a test moves. Calls and pings are counted. */
export const open = (random = () => 0.5 as number) => {
  const clock = virtualClock();
  const contact = memoryProviderContact(clock);
  const how = new Map<string, How>();
  const calls: { readonly id: string; readonly at: number; readonly what: string }[] = [];
  const memory = memoryPowerControl(() => clock.now());
  const catalog = memoryMachineCatalog(() => clock.now());
  const cut = new Set<() => void>();
  const meet = async ({ id }: ConnectionTarget, what: string, until: AbortSignal) => {
    calls.push({ id, at: clock.monotonic(), what });
    switch (how.get(`${id} ${what}`) ?? how.get(id)) {
      case 'refusing':
        throw new ProviderFault('provider_unreachable', 'ECONNREFUSED');
      case 'hanging':
        await new Promise((_, fail) => {
          const give = () => fail(new ProviderFault('no_answer', 'given up', 'maybe'));
          cut.add(give);
          until.addEventListener('abort', give);
        });
        break;
      case 'busy':
        throw new ProviderFault('busy', 'later');
      default:
        await sleep(clock, 20);
    }
  };
  const provider: Provider = {
    control: {
      read: async (machine, until) => {
        await meet(machine.target, 'read', until);
        return memory.read(machine, until);
      },
      send: async (machine, call, given, until) => {
        await meet(machine.target, 'send', until);
        return memory.send(machine, call, given, until);
      },
    },
    catalog: {
      ...catalog,
      watch: async function* (target, until) {
        await meet(target, 'watch', until);
        yield* catalog.watch(target, until);
      },
    },
    ping: (target, until) => meet(target, 'ping', until),
  };
  const guard = guarded(provider, { clock, contact, random });
  /** Keeps a session open, as inventory does: again and again, later and later. */
  const keep = (target: ConnectionTarget, stop: AbortSignal) =>
    void (async () => {
      for (let tries = 0; !stop.aborted; tries++) {
        const news = guard.catalog.watch(target, stop)[Symbol.asyncIterator]();
        const next = async (): Promise<void> => ((await news.next()).done ? undefined : ((tries = 0), next()));
        await next().catch(() => undefined);
        await sleep(clock, random() * backOffMs(200, 30_000, tries), stop).catch(() => undefined);
      }
    })();
  /** Looks at a machine until it is read, as an operation does. */
  const operation = async (machine: MachineRef, faults: string[] = []) => {
    for (;;) {
      const late = new AbortController();
      const cancel = clock.after(10_000, () => late.abort());
      const reading = await guard.control.read(machine, late.signal).catch((fault: ProviderFault) => {
        faults.push(fault.detail);
        return null;
      });
      cancel();
      if (reading) return clock.monotonic();
      await sleep(clock, 250 + 1_750 * Math.random());
    }
  };
  return {
    ...{ clock, contact, guard, memory, calls, keep, operation },
    now: (id: string, is: How) => {
      how.set(id, is);
      for (const give of cut) give();
    },
    since: (at: number, id = 'lab') => calls.filter((call) => call.id === id && call.at > at),
  };
};
