// What every list of the API has in common: its page, its cursor, its parameters. Never: a cursor that a client must
// understand, or an empty value taken for none.
import * as z from 'zod';
import { Instant } from '@drover/kernel';

/** A place in the journal or in a list, as it was given. Opaque to clients; any other text is not ours. */
export const Cursor = z.string().max(200).meta({ description: 'opaque place in the journal or in a list' });

/** One page of a list. The next one shows the list as it was when the first was read. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({
    items: z.array(item).readonly(),
    total: z.int().nullable().meta({ description: 'null where counting would cost more than it tells' }),
    next: Cursor.nullable().meta({
      description: 'pass as `cursor` for the next page, of GET /api/v1/events as `after`; null on the last one',
    }),
    position: Cursor.meta({ description: 'of the whole set: events after it may not be in any of its pages' }),
    asOf: Instant.schema.exactOptional().meta({
      description: 'of the whole set: the time up to which its view had been told; of lists read from a view',
    }),
    complete: z.boolean().meta({ description: 'false: a service did not answer, or discovery is under way' }),
    missing: z.array(z.string()).readonly().meta({ description: 'services that did not answer' }),
  });

/** A page, for signatures. */
export type Page<Item> = Omit<z.output<ReturnType<typeof pageOf<z.ZodType<Item>>>>, 'items'> & {
  readonly items: readonly Item[];
};

/** A text in a query. An empty one is refused: it is a mistake of the client, not a missing filter. */
export const given = <Text extends z.ZodType<string, string>>(text: Text) =>
  text.refine((value) => value !== '', 'leave it out or give it a value');

/** What every list takes. Numbers in a query are text. */
export const paging = {
  limit: z
    .string()
    .regex(/^\d{1,3}$/, 'a whole number from 1 to 200')
    .transform(Number)
    .pipe(z.int().min(1).max(200))
    .default(100),
  cursor: given(Cursor).exactOptional(),
};

/** A list in a query: `a,b`, or the parameter repeated. None of its values is empty. */
export const list = <Item extends z.ZodType<string, string>>(item: Item) =>
  z
    .union([z.string(), z.array(z.string())])
    .transform((raw) => [raw].flat().flatMap((text) => text.split(',')))
    .refine((values) => values.every((value) => value !== ''), 'leave it out or give it a value')
    .pipe(z.array(item).max(100));

/** A yes or no in a query. */
export const flag = z
  .enum(['true', 'false'])
  .transform((text) => text === 'true')
  .pipe(z.boolean());
