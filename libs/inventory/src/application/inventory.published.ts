// The one translation of inventory's events into what others are told: four tables of names, in which null keeps an event
// in the house. Data go out as they are stored. Never: make two public events of one, or look anything up; it must say the
// same whenever it is read again.
import { eventType, type PublicEvent } from '@drover/contracts';
import { StreamId, type Fact, type OperationId } from '@drover/kernel';
import { auditEvent, type EventAttributes, type EventMapping, type StoredFact } from '@drover/ports';
import type { AliasFact } from '../domain/alias.events.js';
import { connectionOf, refreshOperation } from '../domain/connection.js';
import type { ConnectionSetFact } from '../domain/connection-set.events.js';
import type { ConnectionFact } from '../domain/connection.events.js';
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
  VmMerged: 'vm-merged',
  VmRetired: 'vm-retired',
} as const satisfies Record<VmFact['type'], string>;

/** Every fact of a machine: all of them are told. */
export const vmFactTypes = Object.keys(vmNames) as readonly VmFact['type'][];

/** Under which name each fact of a connection is told; null of what stays within inventory. */
const connectionNames = {
  ConnectionAdded: 'connection-added',
  ConnectionChanged: 'connection-changed',
  ConnectionStateChanged: 'connection-state-changed',
  ConnectionListingFailed: null,
  ConnectionSignInFailed: 'connection-sign-in-failed',
  ConnectionSignInReset: 'connection-sign-in-reset',
  ConnectionRefreshRequested: 'connection-refresh-requested',
  ConnectionRefreshed: 'connection-refreshed',
  ConnectionRefreshFailed: 'connection-refresh-failed',
} as const satisfies Record<ConnectionFact['type'], string | null>;

const connectionSetNames = { ConnectionsConfigured: 'connections-configured' } as const satisfies Record<
  ConnectionSetFact['type'],
  string
>;

/** Who holds an alias is kept. */
const aliasNames = { AliasClaimed: null, AliasReleased: null } as const satisfies Record<AliasFact['type'], null>;

/** Whether a fact is one of a machine. */
export const isVmFact = (fact: Fact): fact is VmFact => Object.hasOwn(vmNames, fact.type);
const isConnectionFact = (fact: Fact): fact is ConnectionFact => Object.hasOwn(connectionNames, fact.type);

/** Whether a fact is one of all connections together. */
export const isConnectionSetFact = (fact: Fact): fact is ConnectionSetFact =>
  Object.hasOwn(connectionSetNames, fact.type);

/** Whether a fact is one of an alias. */
export const isAliasFact = (fact: Fact): fact is AliasFact => Object.hasOwn(aliasNames, fact.type);

const nameOf = (fact: Fact) => {
  if (isVmFact(fact)) return vmNames[fact.type];
  if (isAliasFact(fact)) return aliasNames[fact.type];
  if (isConnectionSetFact(fact)) return connectionSetNames[fact.type];
  return isConnectionFact(fact) ? connectionNames[fact.type] : null;
};

/** Whether a fact is told to others: only those count in an ETag. */
export const isPublic = (fact: Fact) => nameOf(fact) !== null;

/** The refresh that a fact belongs to. */
export const operationOf = ({ stream, fact }: StoredFact): OperationId | null =>
  isConnectionFact(fact) && 'op' in fact && fact.op !== null ? refreshOperation(connectionOf(stream), fact.op) : null;

/** Whom a fact is about: its stream is named so. */
const aboutOf = (stored: StoredFact): EventAttributes => {
  const category = StreamId.category(stored.stream);
  const [key, operationid] = [StreamId.key(category, stored.stream), operationOf(stored)];
  return { subject: `${category}/${key}`, partitionkey: key, ...(operationid && { operationid }) };
};

/**
 * Says a fact to everyone, or keeps it: no fact becomes two events. The data are the fact's, without its type. The
 * relay adds who, when and the number of the fact.
 */
export const inventoryPublished = (stored: StoredFact): PublicEvent | null => {
  const { fact } = stored;
  const { type: _, ...rest } = fact;
  const data: object = rest; // the catalogue's schemas say which members; a spec holds the two together
  const name = nameOf(fact);
  if (name === null) return auditEvent('inventory', stored);
  return { type: eventType('inventory', name), ...aboutOf(stored), data } as PublicEvent;
};

/** How inventory says its facts, those that stay in the house as well. */
export const inventoryMapping: EventMapping = { service: 'inventory', publish: inventoryPublished, about: aboutOf };
