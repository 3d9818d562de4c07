import * as z from 'zod';
import { hasEnded } from '@drover/contracts';
import { defineQuery, isRejection, OperationId } from '@drover/kernel';
import { sleep, type Clock, type EventStore } from '@drover/ports';
import { operationAt, type OperationPorts } from './get-operation.query.js';

/** What a waiter needs: to be woken by the append, and to be let go when the process stops. */
export interface AwaitPorts extends OperationPorts {
  readonly eventStore: EventStore;
  readonly clock: Clock;
  readonly stopping: AbortSignal;
}

/** Holds the answer until the operation ended, some seconds at most. Woken by the append, it never polls. */
export const awaitOperation = defineQuery({
  name: 'operation.await',
  input: z.strictObject({ id: OperationId.schema, seconds: z.number().min(0).max(55) }),
  needs: () => ['vm:read'],
  async handle({ id, seconds }, _actor, ports: AwaitPorts) {
    const { eventStore, clock, stopping } = ports;
    const stream = OperationId.stream(id);
    const until = clock.monotonic() + seconds * 1000;
    let wake = () => {};
    const leave = eventStore.subscribe((commits) => {
      if (commits.some((commit) => commit.stream === stream)) wake();
    });
    try {
      for (;;) {
        const woken = new AbortController();
        wake = () => woken.abort(new Error('there is news'));
        const operation = await operationAt(id, ports);
        const left = until - clock.monotonic();
        if (isRejection(operation) || hasEnded(operation) || left <= 0 || stopping.aborted) return operation;
        await sleep(clock, left, AbortSignal.any([woken.signal, stopping])).catch(() => undefined);
      }
    } finally {
      leave();
    }
  },
});
