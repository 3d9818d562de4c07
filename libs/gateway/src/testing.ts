// A gateway with a house around it, for specs: two services that say what they are told to say, and readers with eyes.
import { eventType, type ConnectionState, type DataOf, type EventType } from '@drover/contracts';
import {
  ConnectionId,
  ConnectionKind,
  Instant,
  isRejection,
  rights,
  StreamId,
  VmId,
  type Actor,
  type BulkId,
  type OperationId,
  type Rejection,
} from '@drover/kernel';
import {
  auditOf,
  flowsOf,
  memoryEventBus,
  memoryJobQueue,
  strangersOf,
  type DeadLetters,
  type Flows,
  type OwnerRequest,
} from '@drover/ports';
import { identifying, liveStreams } from '@drover/api';
import { reader } from './api/testing.js';
import { gatewayUseCases, type GatewayPorts, type GatewayUseCases } from './application/gateway.use-cases.js';
import { disks, NOON, type Saying } from './application/testing.js';

export { disks, NOON };
export const TOKEN = 'a-token-that-only-this-test-knows';
export const SITE = ConnectionId.parse('site-a');

/** Whoever may do everything, and somebody who may only look. */
export const admin: Actor = { sub: 'admin', rights, requestId: 'r1' };
export const viewer: Actor = { sub: 'eve', rights: ['vm:read'], requestId: 'r2' };

/** A machine's id that is the same in every run. */
export const vmId = (n: number) => VmId.ofInstance(SITE, `machine-${n}`);

/** The answer; a refusal fails the test. */
export const granted = <Answer>(answer: Answer): Exclude<Answer, Rejection> => {
  if (isRejection(answer)) throw new Error(`${answer.rejected}: ${answer.because}`);
  return answer as Exclude<Answer, Rejection>;
};

/** The other services, which answer everything alike. */
export const answering = (answer: unknown): OwnerRequest => ({ send: async () => answer as never });

/** One turn of the event loop. */
export const turn = () => new Promise((done) => setImmediate(done));

/** How often others had their turn while something was done. */
export const turnsDuring = async (work: () => Promise<unknown>) => {
  let [turns, over] = [0, false];
  const others = async () => {
    for (; !over; turns++) await turn();
  };
  const all = others();
  await work();
  over = true;
  const had = turns;
  await all;
  return had;
};

type AskedStream = Partial<Parameters<GatewayUseCases['streamEvents']>[0]>;

/** A gateway that runs, on disks of its own or those of one that ran before. */
export const house = async (
  { random = () => 0.5, ...given }: Partial<GatewayPorts> & { readonly random?: () => number } = {},
  on = disks(),
  mounted = false,
) => {
  const { clock, journal, views, work, eventStore, sessions, inventory, power, silent } = on;
  const reports: string[] = [];
  const report = (where: string, error: unknown) => void reports.push(`${where}: ${String(error)}`);
  const stop = new AbortController();
  const codes = new Set(['first', 'second']);
  const later: { flows?: Flows } = {};
  const none: DeadLetters = { list: async () => [], replay: async () => ({ is: 'gone' }), discard: async () => false };
  const letters = () => later.flows?.deadLetters ?? none;
  const audit = auditOf('gateway', eventStore, () => clock.now());
  const strangers = strangersOf({ audit, clock, report });
  const gateway = await gatewayUseCases({
    deadLetters: {
      list: () => letters().list(),
      replay: (id) => letters().replay(id),
      discard: (id) => letters().discard(id),
    },
    ...{ clock, journal, views, work, eventStore, sessions, report, stopping: stop.signal },
    ...{ secureCookie: false, apiDocs: true, journalDays: 7, strangers },
    redeemLink: async (code) => codes.delete(code),
    owners: answering({ rejected: 'provider_unreachable', because: 'Nobody answers.' }),
    documents: { openApi: () => '{"openapi":"3.1.0"}', asyncApi: () => '{"asyncapi":"3.0.0"}' },
    ...given,
  });
  const identify = identifying({ sessions, adminToken: TOKEN, secureCookie: false });
  const door = { identify, strangers, origin: 'http://localhost:80' };
  const bus = memoryEventBus(clock, report);
  const flows = flowsOf({ bus, jobs: memoryJobQueue(clock), clock, report });
  later.flows = flows;
  for (const { flow } of [inventory, power, ...silent]) flows.add(flow);
  const { topicsOf, share } = gateway.feed;
  const streams = liveStreams({ clock, report, topicsOf, share, random, server: 'gateway' });
  if (!mounted) {
    gateway.feed.streams = streams;
    flows.add(gateway.flow);
    await flows.start();
  }
  const settled = () => flows.caughtUp();

  const rebuild = async () => {
    for (const { reset } of gateway.flow.consumers) await reset?.();
  };

  /** A stream as the door opens it, or why it does not. */
  const openStream = async (asked: AskedStream = {}, actor: Actor = viewer) => {
    const stream = await gateway.streamEvents({ snapshot: false, on_gap: 'reset', ...asked }, actor);
    const refusal = isRejection(stream) ? stream : streams.refusal();
    if (refusal || isRejection(stream)) return refusal as Rejection;
    const me = reader();
    streams.open(stream, me.sink);
    return me;
  };
  /** A reader that was let in and has read what there is. */
  const connect = async (...asked: Parameters<typeof openStream>) => {
    const me = granted(await openStream(...asked));
    for (let i = 0; i < 20; i++) await turn();
    return me;
  };

  const vm = (n: number) => ({ stream: StreamId.of('vm', vmId(n)), subject: `vm/${vmId(n)}`, key: vmId(n) });
  const connection = { stream: StreamId.of('connection', SITE), subject: `connection/${SITE}`, key: SITE };
  const invent = <Type extends EventType<'inventory'>>(type: Type, saying: Saying<Type>) =>
    inventory.tell(type, saying);
  const hardware = (cpus: number) => {
    const where = { path: null, datacenter: null, host: null, addresses: [], disks: [], networks: [] };
    return { cpus, memoryBytes: cpus * 2048, os: 'linux', toolsVersion: null, observedAt: clock.now(), ...where };
  };
  const tell = {
    connected: async (state: ConnectionState = 'up', kind: 'simulator' | 'vsphere' = 'simulator') => {
      const data = {
        ...{
          name: 'Site A',
          kind: ConnectionKind.parse(kind),
          url: null,
          region: null,
          credentialRef: null,
          allow: [],
          groupIds: [],
          revision: 1,
        },
        tls: { mode: 'system', value: null },
      } as const;
      await invent(eventType('inventory', 'connection-added'), { ...connection, data });
      await tell.connection(state);
    },
    connection: (to: ConnectionState, code: string | null = null) =>
      invent(eventType('inventory', 'connection-state-changed'), {
        ...connection,
        data: { from: 'unknown', to, code },
      }),
    blocked: () =>
      invent(eventType('inventory', 'connection-sign-in-failed'), {
        ...connection,
        data: { service: 'inventory', revision: 1 },
      }),
    listed: () =>
      invent(eventType('inventory', 'connection-refreshed'), {
        ...connection,
        data: { op: null, seen: 1, added: 1, changed: 0, missing: 0, complete: true },
      }),
    discovered: (n: number, name = `vm-${n}`, groupIds: readonly string[] = []) => {
      const aliases = [{ source: SITE, kind: 'instance-uuid', value: `UUID-${n}` } as const];
      const data = { connectionId: SITE, aliases, name, groupIds, hardware: hardware(2) };
      return invent(eventType('inventory', 'vm-discovered'), { ...vm(n), data });
    },
    registered: (n: number, name: string) =>
      invent(eventType('inventory', 'vm-registered'), {
        ...vm(n),
        data: { connectionId: null, aliases: [], name, groupIds: [] },
      }),
    observed: (n: number, power: 'poweredOn' | 'poweredOff' | 'suspended', bootAt: Instant | null = null) =>
      invent(eventType('inventory', 'vm-power-observed'), {
        ...vm(n),
        data: { power, tools: 'toolsOk', observedAt: clock.now(), bootAt },
      }),
    described: (n: number, name: string) =>
      invent(eventType('inventory', 'vm-described'), { ...vm(n), data: { name, hardware: hardware(4) } }),
    edited: (n: number, labels: Readonly<Record<string, string>>) =>
      invent(eventType('inventory', 'vm-edited'), { ...vm(n), data: { displayName: null, description: null, labels } }),
    missing: (n: number) =>
      invent(eventType('inventory', 'vm-went-missing'), { ...vm(n), data: { lastSeenAt: clock.now() } }),
    merged: async (n: number, into: number) => {
      await invent(eventType('inventory', 'vm-merged'), { ...vm(n), data: { intoVmId: vmId(into) } });
      await invent(eventType('inventory', 'vm-retired'), { ...vm(n), data: { cause: 'merged' } });
    },
    retired: (n: number) => invent(eventType('inventory', 'vm-retired'), { ...vm(n), data: { cause: 'gone' } }),
    power: <Type extends EventType<'power'>>(n: number, type: Type, data: DataOf<Type>, ordinal = 1) => {
      const stream = StreamId.of('power', vmId(n));
      const operationid = `power.${stream}.${ordinal}` as OperationId;
      return power.tell(type, { ...vm(n), stream, data, operationid });
    },
    off: (n: number, ordinal = 1, bulkId: BulkId | null = null) =>
      tell.power(
        n,
        eventType('power', 'power-off-requested'),
        {
          ...{ op: ordinal, mode: 'soft', deadline: Instant.plusSeconds(clock.now(), 300), gracefulUntil: null },
          ...{ runId: null, scheduleId: null, bulkId },
        },
        ordinal,
      ),
    isOff: (n: number, ordinal = 1) =>
      tell.power(
        n,
        eventType('power', 'vm-powered-off'),
        { op: ordinal, method: 'graceful', previousState: 'poweredOn', durationSeconds: 5, observedAt: clock.now() },
        ordinal,
      ),
  };
  const stopAll = async () => {
    stop.abort();
    await flows.stop();
  };
  return {
    ...{
      clock,
      journal,
      gateway,
      door,
      flows,
      bus,
      tell,
      settled,
      rebuild,
      reports,
      stop,
      on,
      stopAll,
      openStream,
      connect,
    },
    speak: { inventory, power },
  };
};

/** A gateway in its house. */
export type House = Awaited<ReturnType<typeof house>>;

/** Houses of one spec. `end` stops them all and answers with what they reported, which should be nothing. */
export const houses = () => {
  const open: House[] = [];
  return {
    started: async (...given: Parameters<typeof house>) => {
      const here = await house(...given);
      open.push(here);
      return here;
    },
    end: async () => {
      const all = open.splice(0);
      for (const each of all) await each.stopAll();
      return all.flatMap(({ reports }) => reports);
    },
  };
};

/** Five machines of a simulator, one of them off. */
export const furnished = async (here: House) => {
  await here.tell.connected();
  for (const n of [1, 2, 3, 4, 5]) await here.tell.discovered(n, `vm-${n}`, [n < 3 ? 'prod' : 'test']);
  await here.tell.observed(1, 'poweredOff');
  await here.tell.observed(2, 'poweredOn', Instant.plusSeconds(NOON, -60));
  await here.tell.listed();
  await here.settled();
  return here;
};
