// How each part of the process does, as `/health/detail` says it: stores, readers, parked events, failing policies,
// capabilities. Never: call a provider for an answer; health is asked often, also while a provider hangs.
import type { Capability, Checks } from '@drover/api';
import type { DeadLetter } from '@drover/contracts';
import type { Flows, JobFailure, ReaderState, StoreRefused } from '@drover/ports';
import type { DataStores } from '@drover/sqlite';

/** How a part does, by name. */
type Check = readonly [string, Checks[string]];

const journalCheck = async ({ journal }: DataStores): Promise<Check[1]> => {
  try {
    const { head, floor } = await journal.state();
    return { ok: true, detail: `keeps the events ${floor + 1} to ${head}` };
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
};

/** The stores of a process, each with why it takes nothing at present. */
type Refusals = readonly (readonly [string, StoreRefused | null])[];

/** How the stores do: what they refuse, what is known to be damaged, and how far that was looked for. */
export const storeChecks = async (stores: DataStores, refusals: Refusals): Promise<readonly Check[]> => {
  const journal = await journalCheck(stores);
  const checks = refusals.map(([name, refusal]): Check => {
    if (refusal) return [name, { ok: false, detail: refusal.message }];
    return [
      name,
      name.endsWith('journal')
        ? journal
        : { ok: true, detail: name.endsWith('store') ? 'takes events' : 'can be read and written' },
    ];
  });
  const verified = Object.entries(stores.services).map(([name, { eventStore }]): Check => {
    const { upTo, faults } = eventStore.checked();
    const far = `verified up to ${upTo} of ${eventStore.head()}`;
    return [`${name} store check`, { ok: faults.length === 0, detail: [far, ...faults].join('; ') }];
  });
  return [...checks, ...verified];
};

/** What is said while views are built: how far they are, of what the journal held at the start. */
export const viewsAwaited = (flows: Pick<Flows, 'catchUp'>) => () => {
  const far = flows.catchUp();
  const [done, of] = [far?.done ?? 0, far?.of ?? 0].map((n) => n.toLocaleString('en'));
  return far ? `They are brought up to date: ${done} of ${of} events.` : 'They are brought up to date.';
};

const readerCheck = ({ name, behind, failing }: ReaderState): Check => {
  const far = behind === 0 ? 'has taken everything' : `is ${behind ?? 'an unknown number of'} positions behind`;
  return [`reader ${name}`, { ok: failing === null, detail: failing === null ? far : `${far}: ${failing}` }];
};

/** A key that is parked is worth a look: what is shown of it is out of date. */
const letterCheck = ({ id, consumer, key, followers, error, attempts }: DeadLetter): Check => [
  `dead letter ${id}`,
  {
    ok: false,
    detail: `${consumer} cannot take an event of ${key} (${attempts} tries, ${followers} more wait behind it): ${error.class}: ${error.detail}`,
  },
];

/** A policy goes on trying for ever. */
const jobCheck = ({ job, key, failures, error }: JobFailure): Check => [
  `policy ${job} of ${key}`,
  { ok: false, detail: `It failed ${failures} times in a row and is tried again: ${error}` },
];

/** What of a process can be looked at. */
interface Watched {
  readonly flows: Pick<Flows, 'readers' | 'deadLetters'>;
  readonly jobs: { failing(): readonly JobFailure[] };
  readonly checks: () => Promise<readonly Check[]>;
}

/** How each part does: stores, those who read them, and what the capabilities depend on. */
export const checksOf = (watched: Watched, capabilities: readonly Capability[]) => async (): Promise<Checks> => {
  const { flows, jobs } = watched;
  const [stores, readers] = [await watched.checks(), await flows.readers()];
  const letters = await flows.deadLetters.list().catch(() => []); // a store that cannot be read says so itself
  const own = await Promise.all(capabilities.flatMap(({ checks }) => (checks ? [checks()] : [])));
  return Object.assign(
    Object.fromEntries([
      ...stores,
      ...readers.map(readerCheck),
      ...letters.map(letterCheck),
      ...jobs.failing().slice(0, 100).map(jobCheck),
    ]),
    ...own,
  ) as Checks;
};
