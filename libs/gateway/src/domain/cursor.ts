/** What of the journal can be read: which incarnation, the last place, and the first that can be resumed from. */
export interface Readable {
  readonly generation: string;
  readonly head: number;
  readonly floor: number;
}

/**
 * Where a reader goes on, or why it cannot. `foreign`: of a journal that is no more. `ahead`: a place that never was.
 */
export type Resumption =
  { readonly is: 'at'; readonly position: number } | { readonly is: 'unreadable' | 'foreign' | 'too_old' | 'ahead' };

/** A place in the journal as clients carry it: format, incarnation, position. A bare number is never ours. */
export const cursorOf = (generation: string, position: number) => `c1.${generation}.${position}`;

/** Reads a cursor against the journal as it is. A place that cannot be resumed is told, never guessed. */
export const resumptionOf = (cursor: string, { generation, head, floor }: Readable): Resumption => {
  const [, of, digits] = /^c1\.([A-Za-z0-9_-]{1,40})\.(0|[1-9]\d{0,14})$/.exec(cursor) ?? [];
  if (of === undefined) return { is: 'unreadable' };
  if (of !== generation) return { is: 'foreign' };
  const position = Number(digits);
  if (position > head) return { is: 'ahead' };
  return position < floor ? { is: 'too_old' } : { is: 'at', position };
};
