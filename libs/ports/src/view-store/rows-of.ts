// Reads many rows page by page and lets others have a turn between. Never: a whole view at once in one turn of the event
// loop.
import { yieldToEventLoop } from '@drover/kernel';
import type { ViewQuery, ViewPage, SortKey, View } from './view-store.js';

const PAGE = 500;

/** All rows that fit, in order, read page by page; whoever has enough stops. */
export async function* rowsOf<Row>(view: View<Row>, find: Pick<ViewQuery, 'where' | 'sort'>): AsyncGenerator<Row> {
  for (let after: SortKey | undefined; ;) {
    const { rows }: ViewPage<Row> = await view.find({ ...find, limit: PAGE, ...(after && { after }) });
    for (const { row } of rows) yield row;
    after = rows.at(-1)?.sortKey;
    if (!after || rows.length < PAGE) return;
    await yieldToEventLoop();
  }
}

/** All rows that fit, at once. */
export const allRows = async <Row>(
  view: View<Row>,
  where: NonNullable<ViewQuery['where']> = {},
): Promise<readonly Row[]> => partsOfRows(view, where, (row) => row);

/** A part of each row that fits; a large fleet's whole rows would fill the memory. */
export const partsOfRows = async <Row, Part>(
  view: View<Row>,
  where: NonNullable<ViewQuery['where']>,
  partOf: (row: Row) => Part,
): Promise<readonly Part[]> => {
  const parts: Part[] = [];
  for await (const row of rowsOf(view, { where })) parts.push(partOf(row));
  return parts;
};
