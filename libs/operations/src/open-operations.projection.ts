// Which operations of a service have not ended, from its stored events and what their public names do to an operation.
// Never: something to decide by; a view lags behind its store.
import { eventTypes, roleOf, type EventType, type RoleName, type Service } from '@drover/contracts';
import { StreamId, type Fact, type Projection } from '@drover/kernel';
import type { SortKey, StoredFact, View } from '@drover/ports';

/** An operation that has not ended, by the stream it is in. */
export type OpenOperationRow = { readonly op: number };

/** The public name of each of a service's facts; null for one that is kept. */
export type EventNames = Readonly<Record<string, string | null>>;

const isType = (type: string): type is EventType => (eventTypes as readonly string[]).includes(type);

/** What a stored fact does to an operation, by the name under which it is told. */
export const factRole =
  (service: Service, names: EventNames) =>
  ({ type }: Pick<Fact, 'type'>): RoleName => {
    const told = Object.hasOwn(names, type) ? `io.drover.${service}.${names[type]}.v1` : '';
    return isType(told) ? roleOf(told).role : 'none';
  };

/** What is left to do in the streams of a service: read at boot and by the reconciler, never to decide by. */
export const openOperationsOf = (
  service: Service,
  names: EventNames,
): Projection<StoredFact<Fact & { readonly op: number }>, OpenOperationRow> => {
  const role = factRole(service, names);
  return {
    view: 'open-operations',
    revision: 1,
    listensTo: Object.keys(names).filter((type) => ['begins', 'ends'].includes(role({ type }))),
    key: ({ stream }) => stream,
    evolve: (row, { fact }) => {
      if (role(fact) === 'begins') return { op: fact.op };
      return row && row.op === fact.op ? null : row; // an older one that was settled late
    },
    index: {},
  };
};

const PAGE = 1000;

/** What a reconciler asks: the keys of the streams of one category in which an operation has not ended. */
export const unfinishedIn = async (category: string, open: View<OpenOperationRow>): Promise<readonly string[]> => {
  const keys: string[] = [];
  for (let after: SortKey | undefined; ;) {
    const { rows } = await open.find({ limit: PAGE, ...(after && { after }) });
    keys.push(...rows.map(({ key }) => key));
    after = rows.at(-1)?.sortKey;
    if (rows.length < PAGE) break;
  }
  return keys
    .map((key) => StreamId.parse(key))
    .filter((stream) => StreamId.category(stream) === category)
    .map((stream) => StreamId.key(category, stream));
};
