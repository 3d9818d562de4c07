import type { Connection, DeadLetter, Page } from '@drover/contracts';
import type { InventoryUseCases } from '@drover/inventory';
import { isRejection, type Actor, type Rejection } from '@drover/kernel';
import type { Flows, JobFailure, ProviderContact, ReaderState } from '@drover/ports';
import type { Check, EmbeddedPorts } from './embedded-ports.js';

/** Who asks for the health of the parts: nobody but the process itself. */
const HEALTH: Actor = { sub: 'health', rights: ['vm:read'], requestId: 'health' };

/** A provider that cannot be used is worth a look; one that was taken out of the configuration is not. */
const connectionCheck =
  (contact: ProviderContact) =>
  ({ id, state, reason }: Connection): Check => {
    const { nextTryAt } = contact.of(id);
    const tried = nextTryAt === null ? '' : `; not reached, tried again at ${nextTryAt}`;
    return [
      `connection ${id}`,
      {
        ok: state === 'up' || state === 'unknown' || reason?.code === 'not_configured',
        detail: `${reason ? `${state}: ${reason.code}` : state}${tried}`,
      },
    ];
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

const connectionsOf = async ({ listConnections }: InventoryUseCases) => {
  const all: Connection[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: Page<Connection> | Rejection = await listConnections({ limit: 200, ...(cursor && { cursor }) }, HEALTH);
    if (isRejection(page)) throw new Error(page.because);
    all.push(...page.items);
    cursor = page.next;
  }
  return all;
};

/** How each part does: stores, those who read them, providers. */
export const checksOf = (ports: EmbeddedPorts, inventory: InventoryUseCases) => async () => {
  const { flows, jobs } = ports;
  const [stores, readers] = [await ports.checks(), await flows.readers()];
  const letters = await flows.deadLetters.list().catch(() => []); // a store that cannot be read says so itself
  const connections = await connectionsOf(inventory).then(
    (all) => all.map(connectionCheck(ports.contact)),
    (error: unknown): Check[] => [['connections', { ok: false, detail: String(error) }]],
  );
  return Object.fromEntries([
    ...stores,
    ...readers.map(readerCheck),
    ...letters.map(letterCheck),
    ...jobs.failing().slice(0, 100).map(jobCheck),
    ...connections,
  ]);
};
