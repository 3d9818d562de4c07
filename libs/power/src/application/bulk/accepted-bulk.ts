// The answer to a request for many machines, as whoever asks may see it. Never: items of machines that are out of reach.
import type { Actor, BulkId } from '@drover/kernel';
import { asReadBy, type AcceptedOperation, type ReadingPorts } from '@drover/operations';
import type { Outcome } from '@drover/ports';
import { bulkStream, type Bulk } from '../../domain/bulk.decider.js';
import type { BulkFact } from '../../domain/bulk.events.js';
import { dressedBulk } from '../operations/read-operation.js';
import { written } from '../requests/accepted-operation.js';
import type { RequestPorts } from '../requests/request-power.js';
import { previewed } from './preview-bulk.js';

/** The operation of a request for many machines; of a dry run, with what stands against each of them. */
export const acceptedBulk = async (
  id: BulkId,
  { commit, facts, after, replayed }: Outcome<BulkFact, Bulk>,
  actor: Actor,
  ports: RequestPorts & ReadingPorts,
): Promise<AcceptedOperation> => {
  const stream = bulkStream(id);
  const dry = actor.dryRun && commit;
  const commits = dry ? [commit] : await ports.bulks.commits(stream);
  const operation = written(stream, await dressedBulk(after.state, commits, stream, ports));
  const now = dry ? await previewed(operation, after.state, actor, ports) : operation;
  return {
    operation: await asReadBy(now, actor, ports.groupsOf), // a repeat may come from somebody who sees less by now
    // Already so: the key was used longer ago than a day, and its stream is found by it all the same.
    replayed: replayed || facts.length === 0,
  };
};
