import { auditEvent, type EventAttributes, type Publish, type EventMapping, type StoredFact } from '@drover/ports';
import { catalogue, type EventType, type PublicEvent } from '@drover/contracts';
import { OperationId, StreamId, type Fact } from '@drover/kernel';
import type { BulkFact } from '../domain/bulk.events.js';
import type { PowerFact } from '../domain/power.events.js';
import type { SignInFact } from '../domain/sign-in.decider.js';

/** `VmPoweredOff` is told as `vm-powered-off`. */
type Kebab<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? `${Rest extends Uncapitalize<Rest> ? Lowercase<First> : `${Lowercase<First>}-`}${Kebab<Rest>}`
  : Name;
type FactName = (PowerFact | BulkFact | SignInFact)['type'];
type Told = { [Name in FactName]: Kebab<Name> extends keyof typeof catalogue.power ? Name : never }[FactName];

/** Facts that are kept. A fact that is not listed here and has no event in the catalogue does not compile. */
const kept = {
  LeaseTaken: null,
  CancelRequested: null,
  StepStarted: null,
  StepFinished: null,
  BulkItemSettled: null,
} as const satisfies Record<Exclude<FactName, Told>, null>;

const pascal = (name: string) => name.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());

const told = Object.keys(catalogue.power).filter((name) => !name.startsWith('audit-'));

/** The public name of each fact; null is kept. */
export const powerEventNames: Readonly<Record<string, string | null>> = {
  ...Object.fromEntries(told.map((name) => [pascal(name), name])),
  ...kept,
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
  const kept = ['type', ...(hidden[stored.type] ?? [])];
  const data = Object.fromEntries(Object.entries(stored.fact).filter(([member]) => !kept.includes(member)));
  return { type: `io.drover.power.${name}.v1` as EventType, ...aboutOf(stored), data } as PublicEvent;
};

/** How power says its facts, those that stay in the house as well. */
export const powerSpeech: EventMapping = { service: 'power', publish: powerPublished, about: aboutOf };
