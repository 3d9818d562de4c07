// A gauge of open operations, asked of the same list that clients read. Never: a count of its own, which could differ from
// the list.
import { hasEnded, OperationKind, OperationState } from '@drover/contracts';
import { isRejection, SELF } from '@drover/kernel';
import type { Metrics } from '@drover/ports';
import type { GatewayDoes } from '../gateway.use-cases.js';

const OPEN = OperationState.options.filter((state) => !hasEnded({ state }));

/** Counts the operations that have not ended, each time the metrics are read. */
export const countOpenOperations = (
  { listOperations }: Pick<GatewayDoes, 'listOperations'>,
  metrics: Pick<Metrics, 'gauge'>,
) => {
  const countOf = async (kind: OperationKind) => {
    const page = await listOperations({ kind: [kind], state: OPEN, limit: 1 }, SELF);
    if (isRejection(page)) throw new Error(page.because);
    return { labels: { kind }, value: page.total ?? 0 };
  };
  metrics.gauge(
    { name: 'drover_operations_open', help: 'Operations that have not ended, by what they are for.', labels: ['kind'] },
    () => Promise.all(OperationKind.options.map(countOf)),
  );
};
