// How an operation stands when an older client is answered, which waits for its end. Never: an end that was not recorded;
// when the time is over the answer says so.
import { hasEnded, type Operation } from '@drover/contracts';
import { defineQuery, Instant, OperationId, type PowerState } from '@drover/kernel';
import { noSuchOperation } from '@drover/operations';
import { readUntil, type Commit, type WaitPorts } from '@drover/ports';
import * as z from 'zod';
import type { PowerFact } from '../../domain/power.events.js';
import { commitsOf, readOperation, type StreamPorts } from '../operations/read-operation.js';

/**
 * An operation at the moment its older client is answered. `late`: its time-out is over and it has not ended yet.
 * `lastKnown`: what its provider knew last when the operation began, of a machine that it could not reach then.
 */
export interface SourceEnd {
  readonly operation: Operation;
  readonly late: boolean;
  readonly lastKnown: Exclude<PowerState, 'unknown'> | null;
}

/** What the first look that could be made says of a machine out of reach. */
const lastKnownIn = (id: OperationId, commits: readonly Commit<PowerFact>[]): SourceEnd['lastKnown'] => {
  const [first] = commits
    .flatMap(({ facts }) => facts)
    .flatMap(({ fact }) =>
      fact.type === 'StepFinished' && fact.op === OperationId.ordinal(id) && fact.power !== null ? [fact] : [],
    );
  return first?.lastKnown ?? null;
};

/** For a last look that takes a second at most, and its record; one that takes longer is not waited for. */
const MARGIN_SECONDS = 2;

const timeoutOf = ({ requestedAt, deadline }: Operation) =>
  MARGIN_SECONDS + (deadline === null ? 0 : Instant.wholeSeconds(requestedAt, deadline));

/**
 * Waits as older clients do: until the operation has ended, its own time-out is over, or the process stops; as long as
 * the client prefers where it says so.
 */
export const sourceEnd = defineQuery({
  name: 'power.source-end',
  input: z.strictObject({ id: OperationId.schema, seconds: z.number().min(0).exactOptional() }),
  needs: () => [], // whoever asked for the operation waits for it
  async handle({ id, seconds }, _actor, ports: StreamPorts & WaitPorts) {
    const asked = await readOperation(id, ports);
    if (!asked) return noSuchOperation();
    const operation = await readUntil(
      { stream: OperationId.stream(id), seconds: seconds ?? timeoutOf(asked) },
      async () => (await readOperation(id, ports)) ?? asked,
      hasEnded,
      ports,
    );
    const late = seconds === undefined && !hasEnded(operation) && !ports.stopping.aborted;
    const lastKnown = lastKnownIn(id, (await commitsOf(id, ports)).commits);
    return { operation, late, lastKnown } satisfies SourceEnd;
  },
});
