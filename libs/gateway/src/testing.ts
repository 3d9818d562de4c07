// A gateway with a house around it, for specs: two services that say what they are told to say, and readers with eyes. What
// they say is in `application/fleet/testing.ts`, the readers are in `api/testing.ts`.
import { Instant } from '@drover/kernel';
import { auditOf, flowsOf, memoryEventBus, memoryJobQueue, strangersOf } from '@drover/ports';
import { identifying, liveStreams } from '@drover/api';
import { letIn } from './api/testing.js';
import { fleetTelling } from './application/fleet/testing.js';
import { gatewayUseCases, type GatewayPorts } from './application/gateway.use-cases.js';
import { admin, answering, disks, granted, NOON, turn, turnsDuring, viewer } from './application/testing.js';

export { SITE, vmId } from './application/fleet/testing.js';
export { admin, answering, disks, granted, NOON, turn, turnsDuring, viewer };

/** The token of the administrator. */
export const TOKEN = 'a-token-that-only-this-test-knows';

/** What a gateway gets where a spec gives it nothing else. */
const anyPorts = (): Pick<
  GatewayPorts,
  'secureCookie' | 'apiDocs' | 'journalDays' | 'redeemLink' | 'owners' | 'documents'
> => {
  const codes = new Set(['first', 'second']);
  return {
    ...{ secureCookie: false, apiDocs: true, journalDays: 7 },
    redeemLink: async (code) => codes.delete(code),
    owners: answering({ rejected: 'provider_unreachable', because: 'Nobody answers.' }),
    documents: { openApi: () => '{"openapi":"3.1.0"}', asyncApi: () => '{"asyncapi":"3.0.0"}' },
  };
};

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
  const strangers = strangersOf({ audit: auditOf('gateway', eventStore, () => clock.now()), clock, report });
  const bus = memoryEventBus(clock, report);
  const flows = flowsOf({ bus, jobs: memoryJobQueue(clock), clock, report });
  const gateway = await gatewayUseCases({
    ...anyPorts(),
    ...{ clock, journal, views, work, eventStore, sessions, report, stopping: stop.signal, strangers },
    ...{ deadLetters: flows.deadLetters, ...given },
  });
  for (const { flow } of [inventory, power, ...silent]) flows.add(flow);
  const { topicsOf, share } = gateway.publisher;
  const streams = liveStreams({ clock, report, topicsOf, share, random, server: 'gateway' });
  if (!mounted) {
    gateway.publisher.streams = streams;
    flows.add(gateway.flow);
    await flows.start();
  }
  const identify = identifying({ sessions, adminToken: TOKEN, secureCookie: false });
  return {
    ...{ clock, journal, gateway, flows, bus, reports, stop, on },
    door: { identify, strangers, origin: 'http://localhost:80' },
    tell: fleetTelling(on),
    speak: { inventory, power },
    settled: () => flows.caughtUp(),
    rebuild: async () => {
      for (const { reset } of gateway.flow.consumers) await reset?.();
    },
    ...letIn(gateway, streams),
    stopAll: async () => {
      stop.abort();
      await flows.stop();
    },
  };
};

/** A gateway in its house. */
export type GatewayHouse = Awaited<ReturnType<typeof house>>;

/** Houses of one spec. `end` stops them all and answers with what they reported, which should be nothing. */
export const houses = () => {
  const open: GatewayHouse[] = [];
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
export const furnished = async (here: GatewayHouse) => {
  await here.tell.connected();
  for (const n of [1, 2, 3, 4, 5]) await here.tell.discovered(n, `vm-${n}`, [n < 3 ? 'prod' : 'test']);
  await here.tell.observed(1, 'poweredOff');
  await here.tell.observed(2, 'poweredOn', Instant.plusSeconds(NOON, -60));
  await here.tell.listed();
  await here.settled();
  return here;
};
