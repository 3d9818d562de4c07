import { auditEvent, type EventAttributes, type Publish, type EventMapping, type StoredFact } from '@drover/ports';
import { eventType, type PublicEvent } from '@drover/contracts';
import { OperationId, StreamId, type Fact } from '@drover/kernel';
import type { BulkFact } from '../domain/bulk.events.js';
import type { PowerFact } from '../domain/power.events.js';
import type { SignInFact } from '../domain/sign-in.decider.js';

/** The public name of each fact; null is kept. */
export const powerEventNames = {
  PowerOffRequested: 'power-off-requested',
  PowerOnRequested: 'power-on-requested',
  RestartRequested: 'restart-requested',
  LeaseTaken: null,
  CancelRequested: null,
  StepStarted: null,
  StepFinished: null,
  PowerOffEscalated: 'power-off-escalated',
  VmPoweredOff: 'vm-powered-off',
  VmPoweredOn: 'vm-powered-on',
  VmRestarted: 'vm-restarted',
  PowerOperationRefused: 'power-operation-refused',
  PowerOperationFailed: 'power-operation-failed',
  PowerOperationExpired: 'power-operation-expired',
  PowerOperationUnknown: 'power-operation-unknown',
  PowerOperationCancelled: 'power-operation-cancelled',
  PowerOperationMarked: 'power-operation-marked',
  BulkRequested: 'bulk-requested',
  BulkItemSettled: null,
  BulkFinished: 'bulk-finished',
  ConnectionSignInRefused: 'connection-sign-in-refused',
} as const satisfies Record<(PowerFact | BulkFact | SignInFact)['type'], string | null>;

/** Members that stay in the house. */
const hidden: Readonly<Record<string, readonly string[]>> = {
  BulkRequested: ['timeoutSeconds', 'waitForTools'],
  ConnectionSignInRefused: ['resetAt'],
};

const nameOf = ({ type }: Fact) =>
  Object.hasOwn(powerEventNames, type) ? powerEventNames[type as keyof typeof powerEventNames] : null;

/** Whether a fact is told to others: only those count in an ETag. */
export const isPublic = (fact: Fact) => nameOf(fact) !== null;

/** Whom a fact is about. */
const aboutOf = ({ stream, fact }: StoredFact): EventAttributes => {
  const category = StreamId.category(stream);
  const key = StreamId.key(category, stream);
  const { op } = fact;
  return {
    subject: `${category === 'power' ? 'vm' : category}/${key}`,
    partitionkey: key,
    ...(typeof op === 'number' && { operationid: OperationId.of('power', stream, op) }),
  };
};

/** Says a fact to everyone, or keeps it: no fact becomes two events. The data are the fact's, under its public type. */
export const powerPublished: Publish = (stored) => {
  const name = nameOf(stored.fact);
  if (name === null) return auditEvent('power', stored);
  const kept = ['type', ...(hidden[stored.type] ?? [])];
  const data = Object.fromEntries(Object.entries(stored.fact).filter(([member]) => !kept.includes(member)));
  return { type: eventType('power', name), ...aboutOf(stored), data } as PublicEvent;
};

/** How power says its facts, those that stay in the house as well. */
export const powerSpeech: EventMapping = { service: 'power', publish: powerPublished, about: aboutOf };
