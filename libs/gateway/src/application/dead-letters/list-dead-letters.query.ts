// The dead letters of all readers, page by page. They are in no view, so a page is cut from the list as it is now. Never: a
// cursor that is a count; letters come and go between two pages.
import { PageQuery, type DeadLetter, type Page } from '@drover/contracts';
import { defineQuery, reject } from '@drover/kernel';
import { cursorOf } from '../../domain/cursor.js';
import type { Shown } from '../views/views.js';
import type { DeadLetterPorts } from './get-dead-letter.query.js';

/** What the query reads. */
export interface ListDeadLettersPorts extends DeadLetterPorts {
  readonly shown: () => Shown;
}

const CURSOR = /^d1\.([\w-]{1,64})$/;

/** Events that readers could not take, in the order of their ids. */
export const listDeadLetters = defineQuery({
  name: 'dead-letter.list',
  input: PageQuery,
  needs: () => ['settings:admin'],
  async handle({ limit, cursor }, _actor, { deadLetters, shown }: ListDeadLettersPorts) {
    const after = cursor === undefined ? '' : CURSOR.exec(cursor)?.[1];
    if (after === undefined) return reject('cursor_invalid', 'This cursor is not from this list. Nothing was read.');
    const all = (await deadLetters.list()).toSorted((one, other) => (one.id < other.id ? -1 : 1));
    const rest = all.filter(({ id }) => id > after);
    const items = rest.slice(0, limit);
    const { incarnation, position } = shown();
    const page: Page<DeadLetter> = {
      items,
      total: all.length,
      next: rest.length > limit ? `d1.${items.at(-1)?.id ?? ''}` : null,
      position: cursorOf(incarnation, position),
      complete: true,
      missing: [],
    };
    return page;
  },
});
