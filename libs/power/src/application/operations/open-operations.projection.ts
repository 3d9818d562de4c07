import { StreamId, type Projection } from '@drover/kernel';
import type { SortKey, StoredFact, View } from '@drover/ports';
import type { BulkFact } from '../../domain/bulk.events.js';
import type { PowerFact } from '../../domain/power.events.js';

/** An operation that has not ended, by the stream it is in. */
export type OpenOperationRow = { readonly op: number };

const opens = ['PowerOffRequested', 'PowerOnRequested', 'RestartRequested', 'BulkRequested'] as const;
const ends = [
  'VmPoweredOff',
  'VmPoweredOn',
  'VmRestarted',
  'PowerOperationRefused',
  'PowerOperationFailed',
  'PowerOperationExpired',
  'PowerOperationUnknown',
  'PowerOperationCancelled',
  'BulkFinished',
] as const;
type Heard = StoredFact<Extract<PowerFact | BulkFact, { type: (typeof opens)[number] | (typeof ends)[number] }>>;

/** What is left to do: read at boot and by the reconciler, never to decide by. */
export const openOperations = {
  view: 'open-operations',
  revision: 1,
  listensTo: [...opens, ...ends],
  key: ({ stream }) => stream,
  evolve: (row, { type, fact }) => {
    if ((opens as readonly string[]).includes(type)) return { op: fact.op };
    return row && row.op === fact.op ? null : row; // an older one that was settled late
  },
  index: {},
} as const satisfies Projection<Heard, OpenOperationRow>;

/** Whether a fact ends an operation. */
export const endsOperation = ({ type }: { readonly type: string }) => (ends as readonly string[]).includes(type);

/** Whether a fact begins one. */
export const beginsOperation = ({ type }: { readonly type: string }) => (opens as readonly string[]).includes(type);

/** The keys of the streams of one kind. */
export const keysOf = (category: string, keys: readonly string[]) =>
  keys
    .map((key) => StreamId.parse(key))
    .filter((stream) => StreamId.category(stream) === category)
    .map((stream) => StreamId.key(category, stream));

const PAGE = 1000;

/** The streams in which something is left to do. */
export const unfinishedStreams = async (open: View<OpenOperationRow>): Promise<readonly string[]> => {
  const keys: string[] = [];
  for (let after: SortKey | undefined; ;) {
    const { rows } = await open.find({ limit: PAGE, ...(after && { after }) });
    keys.push(...rows.map(({ key }) => key));
    after = rows.at(-1)?.sortKey;
    if (rows.length < PAGE) return keys;
  }
};
