// How a process of the suite is seen: its log, its metrics, and what is counted of its services. Never: a decision of the
// process by what is measured.
import { Logger } from '@nestjs/common';
import { complainOfStore, nestLog, type Capability } from '@drover/api';
import { addFlowMetrics, serviceLines, type Log } from '@drover/ports';
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

const BREAKER = { closed: 0, 'half-open': 1, open: 2 } as const;

/** Begins to tell of what the services do, and to count. Returns how to stop. */
export const watchServices = (ports: EmbeddedPorts, capabilities: readonly Capability[], telemetry: SuiteTelemetry) => {
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
  const { watch } = serviceLines({ log, metrics, report });
  const leave = capabilities.flatMap(({ flow, operation }) => (operation ? [watch(flow, operation)] : []));
  return () => leave.forEach((each) => each());
};
