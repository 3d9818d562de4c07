// What power tells everyone of its facts: the only translator from a stored fact to a public event. Each fact is one event or
// is kept. Never: an event made of two facts, or a member that the catalogue of `libs/contracts` does not list.
import { auditEvent, type EventAttributes, type Publish, type EventMapping, type StoredFact } from '@drover/ports';
import type { catalogue, EventType, PublicEvent } from '@drover/contracts';
import { OperationId, StreamId, type Fact } from '@drover/kernel';
import type { BulkFact } from '../domain/bulk.events.js';
import { requestTypes, verifiedTypes, type PowerFact, type VerifiedBy } from '../domain/power.events.js';
import type { Requested, PowerVerb } from '../domain/power-request.events.js';
import type { SignInFact } from '../domain/sign-in.events.js';

type FactName = (PowerFact | BulkFact | SignInFact)['type'];
type VerbFactName = Requested['type'] | VerifiedBy<PowerVerb>['type'];
type EventName = keyof typeof catalogue.power;

/** The public name of each fact; null is kept. A fact that is not listed here, nor is one of a verb, does not compile. */
const named = {
  LeaseTaken: null,
  CancelRequested: null,
  StepStarted: null,
  StepFinished: null,
  PowerOffEscalated: 'power-off-escalated',
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
} as const satisfies Record<Exclude<FactName, VerbFactName>, EventName | null>;

/** `VmPoweredOff` is told as `vm-powered-off`: the events of a verb are named like its facts. */
const kebab = (name: string) => name.replace(/(?!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();

/** The public name of each fact, those of the verbs as well. */
export const powerEventNames: Readonly<Record<string, string | null>> = {
  ...Object.fromEntries([...requestTypes, ...verifiedTypes].map((name) => [name, kebab(name)])),
  ...named,
};

/** Members that stay in the house. */
const hidden: Readonly<Record<string, readonly string[]>> = {
  BulkRequested: ['timeoutSeconds', 'waitForTools'],
  ConnectionSignInRefused: ['resetAt'],
};

const nameOf = ({ type }: Fact) => (Object.hasOwn(powerEventNames, type) ? (powerEventNames[type] ?? null) : null);

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
  const unsaid = ['type', ...(hidden[stored.type] ?? [])];
  const data = Object.fromEntries(Object.entries(stored.fact).filter(([member]) => !unsaid.includes(member)));
  return { type: `io.drover.power.${name}.v1` as EventType, ...aboutOf(stored), data } as PublicEvent;
};

/** How power says its facts, those that stay in the house as well. */
export const powerMapping: EventMapping = { service: 'power', publish: powerPublished, about: aboutOf };
