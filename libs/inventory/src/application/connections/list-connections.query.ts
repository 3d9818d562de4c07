// The connections, page by page from inventory's own view. All pages of a list are of the moment of the first. Never: a
// cursor used by somebody with another scope.
import { PageQuery, type Connection, type Page } from '@drover/contracts';
import { asked, defineQuery, reject, scopeOf, type Instant } from '@drover/kernel';
import { decodePageCursor, encodePageCursor, PageExpired, queryHash } from '@drover/ports';
import { connectionShown, type ConnectionReadPorts } from './get-connection.query.js';

/** Of which list its cursors are. */
const generation = 'connections';

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
    const scope = scopeOf(actor, 'vm:read');
    const question = queryHash(scope === 'all' ? scope : scope.toSorted());
    const place = cursor === undefined ? undefined : decodePageCursor(cursor);
    if (place !== undefined && (place?.generation !== generation || place.asked !== question))
      return reject('cursor_invalid', 'This cursor is not from this list.');
    try {
      const asOf = place?.asOf ?? (await toldUpTo()); // before the rows are read: they may be newer, and no older
      const after = place && { at: place.revision, after: { value: null, key: place.key } };
      const where = scope === 'all' ? {} : { where: { group: scope } };
      const found = await rows.find({ ...where, limit: limit + 1, ...after }); // one more tells whether there is another page
      const items = found.rows.slice(0, limit).map(({ row }) => connectionShown(row, runtime));
      const last = items.at(-1);
      const { revision } = found;
      // How old the list is nobody asks here: its view says when it is no longer kept.
      const set = { generation, asked: question, revision, begun: asOf, asOf, position: revision };
      const page: Page<Connection> = {
        items,
        total: found.total,
        next: last && found.rows.length > limit ? encodePageCursor({ ...set, key: last.id }) : null,
        asOf,
        position: `inventory.${revision}`,
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
