import { Logger } from '@nestjs/common';
import { complainOfStore, nestLog } from '@drover/api';
import { hasEnded, OperationKind, OperationState } from '@drover/contracts';
import type { GatewayUseCases } from '@drover/gateway';
import type { InventoryUseCases } from '@drover/inventory';
import { isRejection, type Actor } from '@drover/kernel';
import { addFlowMetrics, serviceLines, type Log } from '@drover/ports';
import type { PowerUseCases } from '@drover/power';
import { processLog, promMetrics, type PromMetrics } from '@drover/telemetry';
import type { SuiteConfig } from './config.js';
import type { EmbeddedPorts } from './embedded-ports.js';

/** How the process is seen from outside: its log, its metrics, and how whatever fails in it is told. */
export interface SuiteTelemetry {
  readonly log: Log;
  readonly metrics: PromMetrics;
  readonly report: (where: string, error: unknown) => void;
}

/** What went wrong somewhere, as a line; a store that refuses says so once a minute, however many ask. */
const reportTo = (log: Log) => (where: string, error: unknown) => {
  if (complainOfStore(error)) return;
  if (error instanceof Error) log.error(error.message, { where, error });
  else log.warn(String(error), { where });
};

/** Lines go to `log`; those of Nest as well. */
export const telemetryOn = (log: Log): SuiteTelemetry => {
  const metrics = promMetrics();
  metrics.addRuntime();
  Logger.overrideLogger(nestLog(log)); // what is said before Nest has started must not go to its own
  return { log, metrics, report: reportTo(log) };
};

/** Of a process: its lines go to its standard error. */
export const telemetryOf = ({ logLevel }: Pick<SuiteConfig, 'logLevel'>) => telemetryOn(processLog(logLevel));

/** Who reads for the log and the metrics: nobody but the process itself. */
const SELF: Actor = { sub: 'telemetry', rights: ['vm:read'], requestId: 'telemetry' };

const BREAKER = { closed: 0, 'half-open': 1, open: 2 } as const;
const OPEN = OperationState.options.filter((state) => !hasEnded({ state }));

/** What is told of. */
export interface Watched {
  readonly ports: EmbeddedPorts;
  readonly power: PowerUseCases;
  readonly inventory: InventoryUseCases;
  readonly gateway: GatewayUseCases;
}

/** Begins to tell of what the services do, and to count. Returns how to stop. */
export const watchServices = ({ ports, power, inventory, gateway }: Watched, telemetry: SuiteTelemetry) => {
  const { metrics, report, log } = telemetry;
  const { flows, jobs, clock } = ports;
  addFlowMetrics({ metrics, flows, jobs, clock });
  metrics.gauge(
    {
      name: 'drover_provider_breaker',
      help: 'Whether calls to a connection go through: 0 they do, 1 it is being tried, 2 they do not.',
      labels: ['connection'],
    },
    () => ports.breakers().map(({ id, state }) => ({ labels: { connection: id }, value: BREAKER[state] })),
  );
  metrics.gauge({ name: 'drover_store_refusing', help: '1 while a store takes nothing.', labels: ['store'] }, () =>
    ports.stores().map(({ name, takes }) => ({ labels: { store: name }, value: takes ? 0 : 1 })),
  );
  metrics.gauge(
    { name: 'drover_operations_open', help: 'Operations that have not ended, by what they are for.', labels: ['kind'] },
    () =>
      Promise.all(
        OperationKind.options.map(async (kind) => {
          const page = await gateway.listOperations({ kind: [kind], state: OPEN, limit: 1 }, SELF);
          if (isRejection(page)) throw new Error(page.because);
          return { labels: { kind }, value: page.total ?? 0 };
        }),
      ),
  );
  const { watch } = serviceLines({ log, metrics, report });
  const leave = [power, inventory].map(({ flow, getOperation }) => watch(flow, (id) => getOperation({ id }, SELF)));
  return () => leave.forEach((each) => each());
};
