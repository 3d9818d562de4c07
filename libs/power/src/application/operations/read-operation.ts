// Reads one operation from its own stream, so whoever requested it sees it at once: of one machine, or of a bulk with its
// items. Never: from a view, which may lag behind the answer that was just given.
import type { Operation } from '@drover/contracts';
import { OperationId, StreamId, type BulkId, type VmId } from '@drover/kernel';
import { ownedOperation, shownOperation } from '@drover/operations';
import type { Commit, ProviderContact, StreamsOf } from '@drover/ports';
import { bulkOf, type Bulk, type bulkDecider } from '../../domain/bulk.decider.js';
import type { BulkFact } from '../../domain/bulk.events.js';
import { cancellable, type Power } from '../../domain/power.js';
import { powerOperation, powerStream, vmOf, type PowerFact } from '../../domain/power.events.js';
import type { powerDecider } from '../../domain/power.decider.js';
import { bulkView, itemsOf, type Underway } from '../bulk/bulk-items.js';
import type { Directory, DirectoryEntry } from '../directory/directory.js';
import type { PowerWork } from './operation-steps.js';
import { powerOperations } from './operation-work.js';

/** What reading an operation takes. */
export interface StreamPorts {
  readonly powers: StreamsOf<typeof powerDecider>;
  readonly bulks: StreamsOf<typeof bulkDecider>;
  readonly directory: Directory;
  readonly contact: ProviderContact;
}

/**
 * An operation that waits for its provider says so, and when the provider is tried next. That is so at this moment, and
 * in no fact: the operation goes on by itself.
 */
const unreached = (work: PowerWork, { connection }: DirectoryEntry, contact: ProviderContact): PowerWork => {
  const { nextTryAt = null, detail = null } = connection ? contact.of(connection.target.id) : {};
  if (nextTryAt === null) return work;
  const code = 'provider_unreachable';
  const known = work.steps.find(({ name }) => name === 'verify');
  const look = { name: 'verify', state: 'running', attempts: known?.attempts ?? 1, endedAt: null } as const;
  const step = { ...look, startedAt: known?.startedAt ?? null, nextAttemptAt: nextTryAt, code };
  const sentence = `The provider is not reached (${detail ?? 'it does not answer'}); it is tried again at ${nextTryAt}.`;
  return {
    ...work,
    state: 'waiting',
    phase: 'verify',
    steps: [...work.steps.filter((each) => each !== known), step],
    evidence: { ...work.evidence, firstError: work.evidence.firstError ?? { code, detail: sentence } },
  };
};

/** The operation of a machine, with its name, and with `cancel` only while something can be called off. */
export const dressed = async (
  id: OperationId,
  commits: readonly Commit<PowerFact>[],
  power: Power,
  { directory, contact }: Pick<StreamPorts, 'directory' | 'contact'>,
): Promise<Operation | null> => {
  const owned = ownedOperation(id, commits, powerOperations);
  if (!owned) return null;
  const { record, work } = owned;
  const entry = await directory.entry(vmOf(OperationId.stream(id)));
  const joined = { name: entry?.vm.name ?? record.target.id, reason: work.reason };
  if (power.is !== 'open' || power.op !== OperationId.ordinal(id)) return shownOperation(record, joined, work);
  const present = entry ? unreached(work, entry, contact) : work;
  return shownOperation(record, joined, { ...present, cancellable: cancellable(power) && !power.cancelling });
};

/** The commits of one operation: its stream from its request on, from the beginning for one that is not the last. */
export const commitsOf = async (id: OperationId, { powers }: Pick<StreamPorts, 'powers'>) => {
  const stream = OperationId.stream(id);
  const { state } = await powers.load(stream);
  const from = state.op === OperationId.ordinal(id) ? state.firstFact : 0;
  return { state, commits: await powers.commits(stream, { from }) };
};

/** How the items that are not settled stand: each in its machine's own stream. */
const underwayOf = async (bulk: Exclude<Bulk, { is: 'nothing' }>, bulkId: BulkId, powers: StreamPorts['powers']) => {
  const rest = bulk.request.targetIds.filter((_, index) => !bulk.settled.has(index));
  const states = await Promise.all(
    rest.map(async (vmId): Promise<[VmId, Underway] | null> => {
      const { state } = await powers.load(powerStream(vmId));
      return state.is === 'open' && state.bulkId === bulkId
        ? [vmId, { state: 'running', operation: powerOperation(vmId, state.op) }]
        : null;
    }),
  );
  return new Map(states.filter((each) => each !== null));
};

/** A bulk with its items, read where each of them is. */
export const dressedBulk = async (
  bulk: Bulk,
  commits: readonly Commit<BulkFact>[],
  stream: StreamId,
  { powers, directory }: Pick<StreamPorts, 'powers' | 'directory'>,
): Promise<Operation | null> => {
  if (bulk.is === 'nothing') return null;
  const id = bulkOf(stream);
  const ids = [...new Set(bulk.request.targetIds)];
  const names = new Map(
    await Promise.all(ids.map(async (vmId) => [vmId, (await directory.entry(vmId))?.vm.name ?? vmId] as const)),
  );
  const underway = await underwayOf(bulk, id, powers);
  return bulkView(id, commits, itemsOf(bulk.request, bulk.settled, { names, underway }));
};

/** Reads one operation from its own stream, so that whoever asked for it sees it at once; null when there is none. */
export const readOperation = async (id: OperationId, ports: StreamPorts): Promise<Operation | null> => {
  const stream = OperationId.stream(id);
  switch (OperationId.service(id) === 'power' ? StreamId.category(stream) : '') {
    case 'power': {
      const { state, commits } = await commitsOf(id, ports);
      return dressed(id, commits, state, ports);
    }
    case 'bulk': {
      if (OperationId.ordinal(id) !== 1) return null;
      const { state } = await ports.bulks.load(stream);
      return dressedBulk(state, await ports.bulks.commits(stream), stream, ports);
    }
    default:
      return null; // an id may name a stream that holds no operations
  }
};

/** The commits that an operation is among: those of its machine from the request on, or those of its bulk. */
export const commitsAround = async (id: OperationId, ports: StreamPorts): Promise<readonly Commit[]> => {
  const stream = OperationId.stream(id);
  switch (StreamId.category(stream)) {
    case 'power':
      return (await commitsOf(id, ports)).commits;
    case 'bulk':
      return ports.bulks.commits(stream);
    default:
      return []; // an id may name a stream that holds no operations
  }
};
