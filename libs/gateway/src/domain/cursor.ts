// A place in the journal as clients carry it, and what becomes of it in the journal as it is now. Never: a bare number for a
// place, or a place of a journal that was lost taken for one of this.
/** What of the journal can be read: which incarnation, the last place, and the first that can be resumed from. */
export interface Readable {
  readonly generation: string;
  /** Its openings, oldest first: a place is of one of them. */
  readonly runs: readonly { readonly name: string; readonly since: number }[];
  readonly head: number;
  readonly floor: number;
}

/**
 * Where a reader goes on, or why it cannot. `foreign`: of a journal that is no more. `ahead`: a place that never was.
 */
export type Resumption =
  { readonly is: 'at'; readonly position: number } | { readonly is: 'unreadable' | 'foreign' | 'too_old' | 'ahead' };

/** What the places of a journal that is open now are called by. */
export const incarnationOf = ({ generation, runs }: Pick<Readable, 'generation' | 'runs'>) =>
  `${generation}-${runs.at(-1)?.name ?? ''}`;

/** A place in the journal as clients carry it: format, incarnation, position. A bare number is never ours. */
export const cursorOf = (incarnation: string, position: number) => `c1.${incarnation}.${position}`;

/**
 * Reads a cursor against the journal as it is. A place that cannot be resumed is told, never guessed: of an earlier
 * opening every place is known up to where the next one began, and what comes behind was of a journal that was lost.
 */
export const resumptionOf = (cursor: string, { generation, runs, head, floor }: Readable): Resumption => {
  const [, of, digits] = /^c1\.([A-Za-z0-9_-]{1,40})\.(0|[1-9]\d{0,14})$/.exec(cursor) ?? [];
  if (of === undefined) return { is: 'unreadable' };
  const run = runs.findIndex(({ name }) => of === `${generation}-${name}`);
  const position = Number(digits);
  // The names of openings are forgotten with their places.
  if (run === -1) return { is: of.startsWith(`${generation}-`) && position < floor ? 'too_old' : 'foreign' };
  const next = runs[run + 1];
  if (position > (next?.since ?? head)) return { is: next ? 'foreign' : 'ahead' };
  return position < floor ? { is: 'too_old' } : { is: 'at', position };
};
