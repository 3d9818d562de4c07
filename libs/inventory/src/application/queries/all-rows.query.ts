import { breathe } from '@drover/kernel';
import type { Find, Place, View } from '@drover/ports';

const PAGE = 500;

/** All rows that fit, read page after page. */
export const allRows = async <Row>(
  view: View<Row>,
  where: NonNullable<Find['where']> = {},
): Promise<readonly Row[]> => {
  const all: Row[] = [];
  for (let after: Place | undefined; ;) {
    const { rows } = await view.find({ where, limit: PAGE, ...(after && { after }) });
    all.push(...rows.map(({ row }) => row));
    after = rows.length < PAGE ? undefined : rows.at(-1)?.place;
    if (!after) return all;
    await breathe();
  }
};
