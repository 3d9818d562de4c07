import type { CloudEvent, Service } from '@drover/contracts';
import { FactId } from '@drover/kernel';
import { turnsRed } from '../laws/testing.js';
import { journalLaws } from './journal.contract.js';
import { memoryJournal } from './journal.memory.js';
import type { Journal, JournalEntry } from './journal.js';
import { EVERY_EVENT } from './routing.js';

const pass = async () => {};

const benchOf = async (change: (journal: Journal) => Partial<Journal> = () => ({})) => {
  const memory = memoryJournal();
  await memory.begin();
  const of = (journal: Journal): Journal => ({ ...journal, ...change(journal) });
  const [reopen, older] = [async () => of(memory.handle()), async () => of(memory.older())];
  return { journal: of(memory), reopen, older, pass };
};
const right = () => benchOf();

/** Wrong on purpose: its checkpoints end with the process. */
const forgetful = async () => {
  const { reopen, ...bench } = await benchOf();
  return { ...bench, reopen: async () => ({ ...(await reopen()), checkpoint: async () => 0 }) };
};

/** Wrong on purpose: it does not know an event again. */
const credulous = () => {
  let n = 0;
  const called = <Event extends CloudEvent>(event: Event, id: string): Event => ({ ...event, id });
  const mark = (event: CloudEvent) => called(event, `${event.id}#${n++}`);
  const bare = ({ position, event }: JournalEntry) => ({ position, event: called(event, event.id.replace(/#.*/, '')) });
  return benchOf(({ append, read }) => ({
    append: async (batch) => (await append({ ...batch, events: batch.events.map(mark) })).map(bare),
    read: async (after, limit) => (await read(after, limit)).map(bare),
  }));
};

/** Wrong on purpose: it knows an event by its id alone. */
const narrow = () => {
  const ids = new Set<string>();
  const isNew = ({ id }: CloudEvent) => !ids.has(id) && ids.add(id).has(id);
  return benchOf(({ append }) => ({
    append: (batch) => append({ ...batch, events: batch.events.filter(isNew) }),
  }));
};

/** Wrong on purpose: the last checkpoint that came counts, even when it is an older one. */
const rewinding = () => {
  const checkpoints = new Map<Service, number>();
  return benchOf(({ append, checkpoint }) => ({
    append: (batch) => (checkpoints.set(batch.service, batch.upTo), append(batch)),
    checkpoint: async (service) => Math.min(await checkpoint(service), checkpoints.get(service) ?? 0),
  }));
};

/** Wrong on purpose: it goes on telling those who left. */
const loud = () => benchOf(({ subscribe }) => ({ subscribe: (listener) => (subscribe(listener), () => {}) }));

/** Wrong on purpose: it forgets by age alone. */
const ruthless = () => benchOf(({ trim }) => ({ trim: (olderThan) => trim(olderThan, 0) }));

/** Wrong on purpose: it says that one can resume from anywhere. */
const boastful = () => benchOf(({ state }) => ({ state: async () => ({ ...(await state()), floor: 0 }) }));

/** Wrong on purpose: the next place is the one after the last entry that is kept, so when none is, places come again. */
const reusing = () => {
  let lost = 0;
  return benchOf((journal) => ({
    trim: async (olderThan, keep) => {
      await journal.trim(olderThan, keep);
      if ((await journal.read(0, 1)).length === 0) lost = (await journal.state()).head;
    },
    append: async (batch) =>
      (await journal.append(batch)).map((entry) => ({ ...entry, position: entry.position - lost })),
  }));
};

/** Wrong on purpose: it begins anew under its old name, so old cursors are taken for its own. */
const ageless = () => benchOf(({ state }) => ({ state: async () => ({ ...(await state()), generation: 'k1' }) }));

/** Wrong on purpose: it looks at one thing that readers choose by, and takes it for all. */
const hasty = () =>
  benchOf(({ select }) => ({ select: (after, upTo, { types }) => select(after, upTo, { ...EVERY_EVENT, types }) }));

/** Wrong on purpose: it gives what is left, as if nothing were missing. */
const silent = () =>
  benchOf(({ select, state }) => ({
    select: async (after, upTo, choice) => select(Math.max(after, (await state()).floor), upTo, choice),
  }));

/** Wrong on purpose: what it trims is gone without a trace. */
const oblivious = () => benchOf(() => ({ trimmed: async () => null }));

/** Wrong on purpose: it remembers of each service apart, so nobody knows what came before what. */
const sorted = () =>
  benchOf(({ trimmed }) => ({
    trimmed: async (after) => {
      const slice = await trimmed(after);
      const byService = [...(slice?.entries ?? [])].sort((one, other) => (one.service < other.service ? -1 : 1));
      const entries = byService.map((each, i) => ({ ...each, position: after + 1 + i }));
      return slice && { ...slice, entries };
    },
  }));

/** Wrong on purpose: it takes each batch for what came after the one before, also what was read from an earlier place. */
const straight = () =>
  benchOf(({ append }) => ({ append: ({ service, events, upTo }) => append({ service, events, upTo }) }));

/** Wrong on purpose: it remembers what another generation trimmed. */
const haunted = () => {
  let kept: Awaited<ReturnType<Journal['trimmed']>> = null;
  return benchOf(({ trimmed, restart }) => ({
    restart: async () => {
      kept = await trimmed(0);
      await restart();
    },
    trimmed: async (after) => (await trimmed(after)) ?? (after === 0 ? kept : null),
  }));
};

/** Wrong on purpose: every writer goes on under the same name. */
const nameless = () => benchOf(({ begin }) => ({ begin: async () => ({ ...(await begin()), name: 'r1' }) }));

/** Wrong on purpose: it takes what comes, whoever has begun since. */
const unfenced = () =>
  benchOf((journal) => ({
    append: (batch) => journal.append(batch).catch(() => journal.begin().then(() => journal.append(batch))),
  }));

/** Wrong on purpose: it forgets what another writer counts on. */
const obstinate = () =>
  benchOf((journal) => ({
    trim: (olderThan, keep) =>
      journal.trim(olderThan, keep).catch(() => journal.begin().then(() => journal.trim(olderThan, keep))),
  }));

/** Wrong on purpose: what it has trimmed is new to it. */
const amnesic = () =>
  benchOf((journal) => {
    const anew = async <Event extends CloudEvent>(event: Event): Promise<Event> => {
      const kept = (await journal.read(0, 1_000)).map(({ event: one }) => one.id);
      const [place = null] = await journal.places({ service: 'power', events: [event], from: 0, upTo: 1_000 });
      return place === null || kept.includes(event.id) ? event : { ...event, id: FactId.create() };
    };
    return {
      append: async (batch) => journal.append({ ...batch, events: await Promise.all(batch.events.map(anew)) }),
    };
  });

/** Wrong on purpose: it says of the last trim from where it can be resumed. */
const receding = () =>
  benchOf(({ trim, state }) => {
    let most = Infinity;
    return {
      trim: async (olderThan, keep) => {
        await trim(olderThan, keep);
        most = (await state()).head - keep;
      },
      state: async () => {
        const now = await state();
        return { ...now, floor: Math.min(now.floor, most) };
      },
    };
  });

/** Wrong on purpose: two trims at once remember what they forget twice. */
const stuttering = () =>
  benchOf(({ trim, trimmed }) => {
    let [under, twice] = [0, false];
    return {
      trim: async (...of) => {
        twice ||= under++ > 0;
        await trim(...of).finally(() => under--);
      },
      trimmed: async (after) => {
        const slice = await trimmed(after);
        return slice && twice ? { ...slice, entries: slice.entries.flatMap((each) => [each, each]) } : slice;
      },
    };
  });

/** Wrong on purpose: where nothing is remembered it goes on with what comes next. */
const glib = () =>
  benchOf(({ trimmed, state }) => ({
    trimmed: async (after) => trimmed(Math.max(after, (await state()).unremembered)),
  }));

/** Wrong on purpose: whoever tells it to begin anew is its writer. */
const obedient = () =>
  benchOf((journal) => ({
    restart: () => journal.restart().catch(() => journal.begin().then(() => journal.restart())),
  }));

/** Wrong on purpose: it hears itself alone. */
const deaf = () =>
  benchOf((journal) => {
    const listeners = new Set<(entries: readonly JournalEntry[]) => void>();
    return {
      append: async (batch) => {
        const entries = await journal.append(batch);
        if (entries.length > 0) for (const listener of listeners) listener(entries);
        return entries;
      },
      subscribe: (listener) => (listeners.add(listener), () => void listeners.delete(listener)),
    };
  });

const draws = 'each writer draws a run, which goes on where the one before ended';
const fenced = 'takes nothing from a writer that another has followed, nor from who has not begun';
const everywhere = 'tells at every process what any of them writes, within a second';
const selects = 'selects what a look at each entry would choose, as it is kept, within its bounds';
const tellsGaps = 'says that it cannot select where something was forgotten';
const once = 'takes an event once, however often it comes, and never goes back';
const both = 'knows an event by its source and its id together';
const listeners = 'tells listeners of what is new, once, in order, until they leave';
const trims = 'forgets what is old, but not the last ones, and says from where it can be resumed';
const noPlaceTwice = 'gives no place twice, though everything was forgotten';

const order = 'remembers of what it trimmed whose it was and in which order';
const places = 'remembers of what it trimmed where it is in the logs';
const knowsAgain = 'knows an event again that it has trimmed, at the place that it had';
const floor = 'its floor never goes back';
const overlap = 'trims that overlap forget each entry once';
const unremembered = 'says up to where nobody remembers what was trimmed, and remembers from there on';
const nothing = 'begins anew and remembers nothing of before';

turnsRed(journalLaws, right, [
  [nameless, draws],
  [unfenced, fenced],
  [obstinate, 'trims nothing for a writer that another has followed'],
  [deaf, everywhere],
  [forgetful, 'gives what was taken a dense place and reads it back in order'],
  [credulous, once, both, listeners, selects, order, knowsAgain],
  [narrow, both, fenced],
  [rewinding, once],
  [loud, listeners],
  [ruthless, trims, floor, overlap],
  [boastful, trims, noPlaceTwice, floor, overlap, unremembered],
  [reusing, noPlaceTwice],
  [hasty, selects],
  [silent, tellsGaps],
  [oblivious, order, places, nothing, overlap, unremembered],
  [sorted, order],
  [straight, places],
  [haunted, nothing],
  [amnesic, knowsAgain],
  [receding, floor],
  [stuttering, overlap],
  [glib, unremembered],
  [obedient, 'begins anew for its present writer alone'],
  [ageless, 'begins anew as another generation'],
]);
