// What a gateway stands on, for specs: the disks of a house, two services that say what they are told to say, and who asks.
// Nothing here starts a gateway; `testing.ts` of the whole library does.
import { services, type DataOf, type EventType, type PublicEvent, type Service } from '@drover/contracts';
import {
  CommitId,
  FactId,
  Instant,
  isRejection,
  rights,
  type Actor,
  type Fact,
  type Json,
  type OperationId,
  type Rejection,
  type StreamId,
} from '@drover/kernel';
import {
  memoryEventStore,
  memoryJournal,
  memorySessionStore,
  memoryViewStore,
  memoryWorkStore,
  virtualClock,
  type OwnerRequest,
} from '@drover/ports';

/** When every story begins. */
export const NOON = Instant.parse('2026-11-20T12:00:00Z');

/** Whoever may do everything. */
export const admin: Actor = { sub: 'admin', rights, requestId: 'r1' };
/** Somebody who may only look. */
export const viewer: Actor = { sub: 'eve', rights: ['vm:read'], requestId: 'r2' };

/** The answer; a refusal fails the test. */
export const granted = <Answer>(answer: Answer): Exclude<Answer, Rejection> => {
  if (isRejection(answer)) throw new Error(`${answer.rejected}: ${answer.because}`);
  return answer as Exclude<Answer, Rejection>;
};

/** The other services, which answer everything alike. */
export const answering = (answer: unknown): OwnerRequest => ({ send: async () => answer as never });

/** One turn of the event loop. */
export const turn = () => new Promise((done) => setImmediate(done));

/** How often others had their turn while something was done. */
export const turnsDuring = async (work: () => Promise<unknown>) => {
  let [turns, over] = [0, false];
  const others = async () => {
    for (; !over; turns++) await turn();
  };
  const all = others();
  await work();
  over = true;
  const had = turns;
  await all;
  return had;
};

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

/** What a house stands on. */
export type Disks = ReturnType<typeof disks>;

/** A machine's name of which nothing can be told while it `breaks`: the commit that says it cannot be parsed. */
const UNTELLABLE = 'unheard-of';
/** Makes inventory's commits of that name unparsable, and parsable again. */
export const untellable = ({ inventory: { flow } }: Disks) => {
  const publish = flow.publish.bind(flow);
  let broken = false;
  flow.publish = (stored) => {
    if (broken && JSON.stringify(stored.fact).includes(`"${UNTELLABLE}"`)) throw new SyntaxError('no such name');
    return publish(stored);
  };
  return { breaks: () => void (broken = true), mends: () => void (broken = false) };
};
