import { breathe, Instant } from '@drover/kernel';
import { bookmarkFrame, factFrame, helloFrame, openingFrame, resetFrame, stateFrame } from './frames.js';
import type { Hub, Reader } from './hub.js';
import { outletTo, type LiveClock, type Sink } from './outlet.js';
import type { Interest, Place, Told } from './told.js';

/** What one reader is owed, and where it is read. Everything is asked for when it is due, not before. */
export interface Stream<Traits> {
  readonly interest: Interest<Traits>;
  /** Of a browser: its streams end with it. */
  readonly session: { readonly ref: string; readonly expiresAt: Instant } | null;
  /** Where it goes on; null: at the end. `gap`: why it cannot go on from where it was. */
  readonly begin: () => { readonly at: Place | null; readonly gap: string | null };
  /** The present end: what readers may see of what has happened. */
  readonly end: () => Place;
  /** A position of the present incarnation, as clients carry it. */
  readonly cursorAt: (position: number) => string;
  /** Some of what comes after a position, up to the end; empty there. */
  readonly pageAfter: (position: number) => Promise<readonly Told<Traits>[]>;
  /** Present state at one position, some at a time; null when the reader did not ask for it. */
  readonly snapshot: (() => { readonly position: number; readonly pages: AsyncIterable<readonly unknown[]> }) | null;
}

/** What streams share. */
export interface StreamOptions<Traits> {
  readonly hub: Hub<Traits>;
  readonly clock: LiveClock;
  readonly random: () => number;
  readonly report: (where: string, error: unknown) => void;
  /** Who greets. */
  readonly server: string;
}

const LIFETIME_MS = 15 * 60_000;

/** Moves the reader's cursor. */
const bookmark = (reader: Reader, position: number, { cursorAt }: Pick<Stream<never>, 'cursorAt'>) => {
  reader.outlet.push(bookmarkFrame(cursorAt(position)), 1);
  reader.sent = position;
};

/**
 * History, page by page, at the reader's pace, until it reaches the live end: it joins in the same turn, so nothing is
 * missed or told twice.
 */
const replay = async <Traits>(reader: Reader, after: number, stream: Stream<Traits>, hub: Hub<Traits>) => {
  const { interest, end, pageAfter } = stream;
  const { outlet } = reader;
  for (let position = after; outlet.open;) {
    if (position >= end().position) {
      if (reader.sent < position) bookmark(reader, position, stream);
      return hub.join(reader, interest);
    }
    const page = await pageAfter(position);
    if (page[0]?.position !== position + 1) {
      // The old end was cut off between two pages.
      outlet.push(resetFrame('too_old'), 1);
      position = end().position;
      bookmark(reader, position, stream);
      continue;
    }
    for (const { traits, event, cursor, position: at } of page) {
      position = at;
      const name = interest.nameFor(traits);
      if (name === null) continue;
      outlet.push(factFrame(name, event, cursor), 1);
      reader.sent = at;
    }
    await outlet.emptied();
    await breathe(); // what the reader does not want fills no outlet that would make it wait
  }
};

/** Present state, page by page, then where it stands. */
const state = async <Traits>({ outlet }: Reader, { snapshot }: Stream<Traits>) => {
  const taken = snapshot?.();
  if (!taken) return null;
  for await (const page of taken.pages) {
    if (!outlet.open) break;
    for (const one of page) outlet.push(stateFrame(one), 1);
    await outlet.emptied();
  }
  return taken.position;
};

/**
 * Opens a stream to a reader: greeting at once, before anything is asked; then where it begins; then what it missed;
 * then what happens. Whoever resumes without a gap has the state already and gets the facts instead of a snapshot.
 */
export const openStream = <Traits>(stream: Stream<Traits>, sink: Sink, options: StreamOptions<Traits>) => {
  const { hub, clock, random, report, server } = options;
  const { session } = stream;
  const timers: (() => void)[] = [];
  const onClosed = () => {
    for (const cancel of timers) cancel();
    hub.leave(reader);
  };
  const outlet = outletTo(sink, { clock, random, soon: (flush) => hub.soon(flush), onClosed });
  const reader: Reader = { outlet, session: session?.ref ?? null, end: stream.end, sent: 0 };
  hub.enter(reader);

  const here = stream.end();
  const { at, gap } = stream.begin();
  const resumedFrom = (gap === null ? at : here)?.cursor ?? null;
  outlet.push(openingFrame(1000 + random() * 2000), 0);
  outlet.push(helloFrame({ server, resumedFrom, gap: gap !== null }), 1);
  if (gap !== null) outlet.push(resetFrame(gap), 1);

  timers.push(clock.after(Math.round(LIFETIME_MS * (0.9 + random() * 0.2)), () => outlet.bye('lifetime')));
  if (session) {
    const left = Instant.msBetween(clock.now(), session.expiresAt);
    timers.push(clock.after(left, () => outlet.bye('session_expired')));
  }

  const run = async () => {
    const position = at?.position ?? (await state(reader, stream)) ?? here.position;
    bookmark(reader, position, stream);
    await replay(reader, position, stream, hub);
  };
  run().catch((error: unknown) => {
    report('stream', error);
    outlet.bye('failed');
  });
};
