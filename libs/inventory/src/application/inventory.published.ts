import { eventType, type Said } from '@drover/contracts';
import { StreamId, type Fact, type OperationId } from '@drover/kernel';
import { auditSaid, type StoredFact } from '@drover/ports';
import { connectionOf, refreshOperation } from '../domain/connection.js';
import type { ConnectionFact } from '../domain/connection.events.js';
import { vmOf } from '../domain/vm.js';
import type { VmFact } from '../domain/vm.events.js';

const vmNames = {
  VmDiscovered: 'vm-discovered',
  VmRegistered: 'vm-registered',
  VmAliased: 'vm-aliased',
  VmDescribed: 'vm-described',
  VmEdited: 'vm-edited',
  VmPowerObserved: 'vm-power-observed',
  VmWentMissing: 'vm-went-missing',
  VmSeenAgain: 'vm-seen-again',
  VmRetired: 'vm-retired',
} as const satisfies Record<VmFact['type'], string>;

/** null: kept inside. */
const connectionNames = {
  ConnectionAdded: 'connection-added',
  ConnectionChanged: 'connection-changed',
  ConnectionStateChanged: 'connection-state-changed',
  ConnectionSignInFailed: 'connection-sign-in-failed',
  ConnectionSignInReset: 'connection-sign-in-reset',
  ConnectionRefreshRequested: null,
  ConnectionRefreshed: 'connection-refreshed',
  ConnectionRefreshFailed: 'connection-refresh-failed',
} as const satisfies Record<ConnectionFact['type'], string | null>;

const isVmFact = (fact: Fact): fact is VmFact => Object.hasOwn(vmNames, fact.type);
const isConnectionFact = (fact: Fact): fact is ConnectionFact => Object.hasOwn(connectionNames, fact.type);

/** Whether a fact is told to others: only those count in an ETag. */
export const isTold = (fact: VmFact | ConnectionFact) =>
  isVmFact(fact) || (isConnectionFact(fact) && connectionNames[fact.type] !== null);

/** The refresh that a fact belongs to. */
export const operationOf = ({ stream, fact }: StoredFact): OperationId | null =>
  isConnectionFact(fact) && 'op' in fact && fact.op !== null ? refreshOperation(connectionOf(stream), fact.op) : null;

/**
 * Says a fact to everyone, or keeps it: no fact becomes two events. The data are the fact's, without its type. The
 * relay adds who, when and the number of the fact.
 */
export const inventoryPublished = (stored: StoredFact): Said | null => {
  const { stream, fact } = stored;
  const { type: _, ...rest } = fact;
  const data: object = rest; // the catalogue's schemas say which members; a spec holds the two together
  if (isVmFact(fact)) {
    const [type, vmId] = [eventType('inventory', vmNames[fact.type]), vmOf(stream)];
    return { type, subject: `vm/${vmId}`, partitionkey: vmId, data } as Said;
  }
  if (!isConnectionFact(fact)) return auditSaid('inventory', stored);
  const name = connectionNames[fact.type];
  if (name === null) return null;
  const [id, operationid] = [StreamId.key('connection', stream), operationOf(stored)];
  const about = { subject: `connection/${id}`, partitionkey: id, ...(operationid && { operationid }) };
  return { type: eventType('inventory', name), ...about, data } as Said;
};
