// What a gateway stands on, for specs: the disks of a house, and two services that say what they are told to say.
import { services, type DataOf, type EventType, type PublicEvent, type Service } from '@drover/contracts';
import { CommitId, FactId, Instant, type Fact, type Json, type OperationId, type StreamId } from '@drover/kernel';
import {
  memoryEventStore,
  memoryJournal,
  memorySessionStore,
  memoryViewStore,
  memoryWorkStore,
  virtualClock,
} from '@drover/ports';

/** When every story begins. */
export const NOON = Instant.parse('2026-11-20T12:00:00Z');

/** What a service says about a stream of its own. */
export interface Saying<Type extends EventType> {
  readonly stream: StreamId;
  readonly subject: string;
  readonly key: string;
  readonly data: DataOf<Type>;
  readonly operationid?: OperationId;
  readonly actor?: string;
}

/** A service that tells what it is told to tell, from a store of its own. */
const speaking = (service: Service, now: () => Instant) => {
  const eventStore = memoryEventStore();
  const versions = new Map<string, number>();
  const publish = ({ fact }: { fact: Fact }) => fact['said'] as Json as PublicEvent | null;
  const tell = async <Type extends EventType>(
    type: Type,
    { stream, subject, key, data, operationid, actor = 'ana' }: Saying<Type>,
  ) => {
    const version = versions.get(stream) ?? 0;
    const said = { type, subject, partitionkey: key, ...(operationid && { operationid }), data } as unknown;
    const fact: Fact = { type: 'Told', said: said as Json };
    versions.set(stream, version + 1);
    await eventStore.append({
      ...{ stream, version, commitId: CommitId.createAt(now()), facts: [{ id: FactId.createAt(now()), fact }] },
      metadata: { at: now(), actor, requestId: 'r0' },
    });
  };
  // It listens to whatever the topology says, and does nothing of it.
  const ears = {
    name: service,
    listensTo: 'all',
    position: async () => Number.MAX_SAFE_INTEGER,
    take: async () => {},
  } as const;
  return { flow: { service, eventStore, publish, consumers: [ears], policies: [] }, tell };
};

/** The gateway itself, and who says something in these specs. */
const SPEAKING: ReadonlySet<Service> = new Set(['gateway', 'inventory', 'power']);

/** Everything that outlives a process. */
export const disks = () => {
  const clock = virtualClock(NOON);
  return {
    clock,
    journal: memoryJournal(),
    views: memoryViewStore(clock),
    work: memoryWorkStore(),
    eventStore: memoryEventStore(),
    sessions: memorySessionStore(clock, { minutes: 120 }),
    inventory: speaking('inventory', () => clock.now()),
    power: speaking('power', () => clock.now()),
    /** Services that say nothing here. */
    silent: services.filter((service) => !SPEAKING.has(service)).map((service) => speaking(service, () => clock.now())),
  };
};
