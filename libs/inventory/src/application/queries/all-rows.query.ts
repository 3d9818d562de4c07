import { yieldToEventLoop } from '@drover/kernel';
import type { ViewQuery, SortKey, View } from '@drover/ports';

const PAGE = 200;

/** All rows that fit, read page after page. */
export const allRows = <Row>(view: View<Row>, where: NonNullable<ViewQuery['where']> = {}): Promise<readonly Row[]> =>
  ofAllRows(view, where, (row) => row);

/** Of all rows that fit what somebody needs of them: whole, those of a large fleet would fill the memory. */
export const ofAllRows = async <Row, Kept>(
  view: View<Row>,
  where: NonNullable<ViewQuery['where']>,
  kept: (row: Row) => Kept,
): Promise<readonly Kept[]> => {
  const all: Kept[] = [];
  for (let after: SortKey | undefined; ;) {
    const { rows } = await view.find({ where, limit: PAGE, ...(after && { after }) });
    for (const { row } of rows) all.push(kept(row));
    after = rows.length < PAGE ? undefined : rows.at(-1)?.sortKey;
    if (!after) return all;
    await yieldToEventLoop();
  }
};
