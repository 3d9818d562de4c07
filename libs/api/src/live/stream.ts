// One stream from its greeting to its end: hello, then state or history at the client's pace, then what happens. History ends in
// the turn in which it meets the live end, so nothing is missed or told twice.
// Never: history that is read without a slot of its principal and a share of the event loop.
import { Instant, type LoopShare, type SessionId, type PrincipalId } from '@drover/kernel';
import { bookmarkFrame, factFrame, helloFrame, openingFrame, resetFrame, stateFrame } from './frames.js';
import type { Hub, Subscriber } from './hub.js';
import { sendBuffer, type LiveClock, type Sink } from './send-buffer.js';
import type { ReplaySlot, ReplaySlots } from './replay-slots.js';
import type { StreamLog } from './stream-log.js';
import type { Subscription, EventPosition, LiveEvent } from './live-event.js';

/** What one reader is owed, and where it is read. Everything is asked for when it is due, not before. */
export interface SseStream<Traits> {
  readonly interest: Subscription<Traits>;
  /** Of a browser: its streams end with it. */
  readonly session: { readonly ref: SessionId; readonly expiresAt: Instant } | null;
  /** Where it goes on; null: at the end. `gap`: why it cannot go on from where it was, and begins at the end. */
  readonly begin: () =>
    { readonly at: EventPosition | null; readonly gap: null } | { readonly at: null; readonly gap: string };
  /** The present end: what readers may see of what has happened. */
  readonly end: () => EventPosition;
  /** A position of the present incarnation, as clients carry it. */
  readonly cursorAt: (position: number) => string;
  /** Whose it is: of one principal a few replay at once. */
  readonly principal: PrincipalId;
  /**
   * Some of what comes after a position, up to another; what the reader cannot want may be left out. Null where it is no
   * longer kept.
   */
  readonly pageAfter: (
    position: number,
  ) => Promise<{ readonly upTo: number; readonly told: readonly LiveEvent<Traits>[] } | null>;
  /** Present state at one position, some at a time; null when the reader did not ask for it. */
  readonly snapshot: (() => { readonly position: number; readonly pages: AsyncIterable<readonly unknown[]> }) | null;
}

/** What streams share, and what is one's own. */
export interface StreamOptions<Traits> {
  readonly hub: Hub<Traits>;
  readonly slots: ReplaySlots;
  /** What all replays may take of the event loop together. */
  readonly share: LoopShare;
  readonly clock: LiveClock;
  readonly random: () => number;
  readonly report: (where: string, error: unknown) => void;
  /** Who greets. */
  readonly server: string;
  readonly seen: StreamLog;
}

const LIFETIME_MS = 15 * 60_000;
const PATIENCE_MS = 5000;

/** Moves the reader's cursor. */
const bookmark = (reader: Subscriber, position: number, { cursorAt }: Pick<SseStream<never>, 'cursorAt'>) => {
  reader.buffer.push(bookmarkFrame(cursorAt(position)), 1);
  reader.sent = position;
};

/** What is sent before a stream is live, and what it takes its turns from. */
interface Replaying<Traits> extends Pick<StreamOptions<Traits>, 'hub' | 'clock' | 'share'> {
  readonly slot: ReplaySlot;
}

/** Waits for the reader. Whoever keeps it waiting for long lets another replay meanwhile. */
const atItsPace = async ({ buffer }: Subscriber, { clock, slot }: Replaying<never>) => {
  const cancel = clock.after(PATIENCE_MS, () => slot.leave());
  await buffer.emptied();
  cancel();
};

/** One page of history, and where it ends; where it is no longer kept, the present end. */
const sendPage = async <Traits>(reader: Subscriber, position: number, stream: SseStream<Traits>) => {
  const { buffer } = reader;
  const page = await stream.pageAfter(position);
  if (page === null) {
    buffer.push(resetFrame('too_old'), 1);
    return stream.end().position;
  }
  for (const { traits, json, cursor, position: at } of page.told) {
    const name = stream.interest.nameFor(traits);
    if (name === null) continue;
    buffer.push(factFrame(name, json(), cursor), 1);
    reader.sent = at;
  }
  return page.upTo;
};

/**
 * History, page by page, at the reader's pace, until it reaches the live end: it joins in the same turn, so nothing is
 * missed or told twice.
 */
const replay = async <Traits>(reader: Subscriber, after: number, stream: SseStream<Traits>, by: Replaying<Traits>) => {
  const { buffer } = reader;
  for (let position = after; buffer.open;) {
    if (position >= stream.end().position) {
      if (reader.sent < position) bookmark(reader, position, stream);
      return by.hub.join(reader, stream.interest);
    }
    await by.slot.take();
    if (!buffer.open) return;
    position = await by.share.run(() => sendPage(reader, position, stream));
    await atItsPace(reader, by);
  }
};

/** Present state, page by page, then where it stands. */
const state = async <Traits>(reader: Subscriber, { snapshot }: SseStream<Traits>, by: Replaying<Traits>) => {
  if (!snapshot) return null;
  await by.slot.take();
  const { position, pages } = snapshot();
  const rows = pages[Symbol.asyncIterator]();
  const sendRows = async () => {
    const page = await rows.next();
    if (page.done) return false;
    for (const one of page.value) reader.buffer.push(stateFrame(one), 1);
    return true;
  };
  while (reader.buffer.open && (await by.share.run(sendRows))) await atItsPace(reader, by);
  return position;
};

/**
 * Opens a stream to a reader: greeting at once, before anything is asked; then where it begins; then what it missed;
 * then what happens. Whoever resumes without a gap has the state already and gets the facts instead of a snapshot.
 */
export const openStream = <Traits>(stream: SseStream<Traits>, sink: Sink, options: StreamOptions<Traits>) => {
  const { hub, slots, clock, random, report, server, seen } = options;
  const { session } = stream;
  const slot = slots.of(stream.principal);
  const timers: (() => void)[] = [];
  const onClosed = (reason: string) => {
    for (const cancel of timers) cancel();
    slot.leave();
    hub.leave(reader);
    seen.ended(reason);
  };
  const buffer = sendBuffer(sink, { clock, random, soon: (flush) => hub.soon(flush), sent: seen.sent, onClosed });
  const reader: Subscriber = { buffer, session: session?.ref ?? null, end: stream.end, sent: 0 };
  hub.enter(reader);

  const here = stream.end();
  const { at, gap } = stream.begin();
  const resumedFrom = (gap === null ? at : here)?.cursor ?? null;
  buffer.push(openingFrame(1000 + random() * 2000), 0);
  buffer.push(helloFrame({ server, resumedFrom, gap: gap !== null }), 1);
  if (gap !== null) buffer.push(resetFrame(gap), 1);

  timers.push(clock.after(Math.round(LIFETIME_MS * (0.9 + random() * 0.2)), () => buffer.bye('lifetime')));
  if (session) {
    const left = Instant.msBetween(clock.now(), session.expiresAt);
    timers.push(clock.after(left, () => buffer.bye('session_expired')));
  }

  const run = async () => {
    const by = { ...options, slot };
    const position = at?.position ?? (await state(reader, stream, by)) ?? here.position;
    bookmark(reader, position, stream);
    await replay(reader, position, stream, by);
    slot.leave();
  };
  run().catch((error: unknown) => {
    report('stream', error);
    buffer.bye('failed');
  });
};
