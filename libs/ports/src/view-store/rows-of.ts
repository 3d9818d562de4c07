import { breathe } from '@drover/kernel';
import type { Find, Found, Place, View } from './view-store.js';

const PAGE = 500;

/** All rows that fit, in order, read page by page; whoever has enough stops. */
export async function* rowsOf<Row>(view: View<Row>, find: Pick<Find, 'where' | 'sort'>): AsyncGenerator<Row> {
  for (let after: Place | undefined; ;) {
    const { rows }: Found<Row> = await view.find({ ...find, limit: PAGE, ...(after && { after }) });
    for (const { row } of rows) yield row;
    after = rows.at(-1)?.place;
    if (!after || rows.length < PAGE) return;
    await breathe();
  }
}
