import * as z from 'zod';
import { PageQuery, type Connection, type Page } from '@drover/contracts';
import { defineQuery, reject } from '@drover/kernel';
import { PageExpired } from '@drover/ports';
import { connectionShown, type ConnectionReadPorts } from './get-connection.query.js';

/** Where a page ended: the revision of the views that the list is of, and its last connection. */
const Place = z.tuple([z.int().min(0), z.string()]);

const cursorOf = (revision: number, key: string) => Buffer.from(JSON.stringify([revision, key])).toString('base64url');

const placeOf = (cursor: string) => {
  try {
    return Place.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch {
    return null;
  }
};

/** The connections, in the order of their ids; the next page shows the list as it was when the first was read. */
export const listConnections = defineQuery({
  name: 'connection.list',
  input: PageQuery,
  needs: () => ['vm:read'],
  async handle({ limit, cursor }, _actor, { rows, present }: ConnectionReadPorts) {
    const place = cursor === undefined ? undefined : placeOf(cursor);
    if (place === null) return reject('cursor_invalid', 'This cursor is not from this list.');
    try {
      const after = place && { at: place[0], after: { value: null, key: place[1] } };
      const found = await rows.find({ limit: limit + 1, ...after }); // one more tells whether there is another page
      const items = found.rows.slice(0, limit).map(({ row }) => connectionShown(row, present));
      const last = items.at(-1);
      const page: Page<Connection> = {
        items,
        total: found.total,
        next: last && found.rows.length > limit ? cursorOf(found.revision, last.id) : null,
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
