import * as z from 'zod';
import { PageQuery, type Connection, type Page } from '@drover/contracts';
import { asked, defineQuery, Instant, reject, scopeOf } from '@drover/kernel';
import { PageExpired } from '@drover/ports';
import { connectionShown, type ConnectionReadPorts } from './get-connection.query.js';

/** Where a page ended: the revision of the views that the list is of, its last connection, and the age of the list. */
const Place = z.tuple([z.int().min(0), z.string(), Instant.schema]);

const cursorOf = (...place: z.output<typeof Place>) => Buffer.from(JSON.stringify(place)).toString('base64url');

const placeOf = (cursor: string) => {
  try {
    return Place.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch {
    return null;
  }
};

/** What the list is read from. `toldUpTo`: the time up to which its view has been told. */
export interface ListConnectionsPorts extends ConnectionReadPorts {
  readonly toldUpTo: () => Promise<Instant>;
}

/** The connections, in the order of their ids; the next page shows the list as it was when the first was read. */
export const listConnections = defineQuery({
  name: 'connection.list',
  input: PageQuery,
  needs: () => asked(['vm:read']),
  async handle({ limit, cursor }, actor, { rows, runtime, toldUpTo }: ListConnectionsPorts) {
    const place = cursor === undefined ? undefined : placeOf(cursor);
    if (place === null) return reject('cursor_invalid', 'This cursor is not from this list.');
    try {
      const asOf = place?.[2] ?? (await toldUpTo()); // before the rows are read: they may be newer, and no older
      const after = place && { at: place[0], after: { value: null, key: place[1] } };
      const scope = scopeOf(actor, 'vm:read');
      const where = scope === 'all' ? {} : { where: { group: scope } };
      const found = await rows.find({ ...where, limit: limit + 1, ...after }); // one more tells whether there is another page
      const items = found.rows.slice(0, limit).map(({ row }) => connectionShown(row, runtime));
      const last = items.at(-1);
      const page: Page<Connection> = {
        items,
        total: found.total,
        next: last && found.rows.length > limit ? cursorOf(found.revision, last.id, asOf) : null,
        asOf,
        position: `inventory.${found.revision}`,
        complete: items.every(({ discovery }) => discovery.state !== 'running'),
        missing: [],
      };
      return page;
    } catch (error) {
      if (error instanceof PageExpired) return reject('page_expired', 'This list was read too long ago to be read on.');
      throw error;
    }
  },
});
