// The lines of the log, and the counts, for operations that end and connections that go up or down. Written where the event is
// stored, so each is told once. Never: a word of a provider or a secret; a line has members of the record alone.
import type { DataOf } from '@drover/contracts';
import { Instant, StreamId } from '@drover/kernel';
import type { Log } from '../log/log.js';
import type { Metrics } from '../metrics/metrics.js';
import { operationEnds, type OperationEnd, type OperationEndsPorts } from './operation-ends.js';
import type { ServiceFlow } from './service-flow.js';
import { storedFacts } from './stored-fact.js';

/** Where what services do is told. */
export interface ServiceLinesPorts {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly report: OperationEndsPorts['report'];
}

const STATE_CHANGED = 'io.drover.inventory.connection-state-changed.v1';
const SECONDS = [0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600];

/** A connection and how it stands now, for each time that its state changed. */
const connectionLine = (log: Log, publish: ServiceFlow['publish'], stored: ReturnType<typeof storedFacts>[number]) => {
  const event = publish(stored);
  if (event?.type !== STATE_CHANGED) return;
  const { from, to, code } = event.data as DataOf<typeof STATE_CHANGED>;
  const connectionId = StreamId.key('connection', stored.stream);
  log[to === 'up' ? 'info' : 'warn'](`connection ${to}`, { connectionId, state: to, from, code });
};

/** How an operation ended, in the words of its record, and the request that it can be followed from. */
const endLine = ({ operation, requestId, traceparent }: OperationEnd, seconds: number) => {
  const { id, kind, target, state, error, parent, requestedBy } = operation;
  return {
    ...{ operationId: id, kind, target: `${target.type}/${target.id}`, state, seconds, requestId, actor: requestedBy },
    ...(error && { code: error.code }),
    ...(parent && { parent }),
    ...(traceparent !== undefined && { traceId: traceparent.split('-')[1] }),
  };
};

/**
 * Tells of what services do, as it is stored: a line for each operation that ends and each connection that goes up or
 * down, and the counts of the former. `watch` returns how to stop.
 */
export const serviceLines = ({ log, metrics, report }: ServiceLinesPorts) => {
  const ended = metrics.counter({
    name: 'drover_operations_ended_total',
    help: 'Operations that ended, by what they were for and how; one that was unknown and is found later counts again.',
    labels: ['kind', 'state'],
  });
  const lasted = metrics.histogram({
    name: 'drover_operation_seconds',
    help: 'From the request for an operation to its end.',
    labels: ['kind'],
    buckets: SECONDS,
  });
  const tell = (end: OperationEnd) => {
    const { kind, state, requestedAt, endedAt, evidence } = end.operation;
    const seconds = evidence?.durationSeconds ?? Instant.wholeSeconds(requestedAt, endedAt ?? requestedAt);
    ended.add({ kind, state });
    lasted.observe({ kind }, seconds);
    const isWell = state === 'succeeded' || state === 'cancelled';
    log[isWell ? 'info' : 'warn']('operation ended', endLine(end, seconds));
  };
  return {
    watch: (flow: Pick<ServiceFlow, 'service' | 'eventStore' | 'publish'>, read: OperationEndsPorts['read']) => {
      const leave = [
        operationEnds(flow.service, { flow, read, tell, report }),
        flow.eventStore.subscribe((commits) => {
          for (const commit of commits)
            if (StreamId.category(commit.stream) === 'connection')
              for (const stored of storedFacts(commit)) connectionLine(log, flow.publish, stored);
        }),
      ];
      return () => leave.forEach((each) => each());
    },
  };
};
