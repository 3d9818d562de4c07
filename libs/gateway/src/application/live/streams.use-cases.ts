import type { Vm } from '@drover/contracts';
import { Instant } from '@drover/kernel';
import type { Clock, Session } from '@drover/ports';
import { cursorOf, type Resumption } from '../../domain/cursor.js';
import { bookmarkFrame, helloFrame, openingFrame, resetFrame, stateFrame } from '../../domain/frames.js';
import { nameFor, type Filter } from '../../domain/stream-filter.js';
import type { Shown } from '../views.use-cases.js';
import type { Hub, Reader } from './hub.use-cases.js';
import { outletTo, type Outlet, type Sink } from './outlet.use-cases.js';
import type { Placed } from './placed.use-cases.js';

/** What a stream is made of. */
export interface StreamPorts {
  readonly clock: Clock;
  readonly hub: Hub;
  readonly shown: () => Shown;
  readonly random: () => number;
  /** Some of the journal after a position, up to what is shown; empty at the end. */
  readonly pageAfter: (position: number) => Promise<readonly Placed[]>;
  /** The machines that a filter selects, as they are at one place of the journal, some at a time. */
  readonly snapshot: (filter: Filter) => { readonly position: number; readonly pages: AsyncIterable<readonly Vm[]> };
  readonly report: (where: string, error: unknown) => void;
}

/** What a reader asked for, judged. */
export interface Wanted {
  readonly filter: Filter;
  /** Null: it brought no cursor. */
  readonly from: Resumption | null;
  readonly cursor: string | null;
  readonly snapshot: boolean;
  /** Of a browser: its streams end with it. */
  readonly session: Session | null;
}

const LIFETIME_MS = 15 * 60_000;
const SERVER = 'gateway';

/**
 * History, page by page, at the reader's pace, until it reaches the live end: it joins in the same turn, so nothing is
 * missed or told twice.
 */
const replay = async (reader: Reader, filter: Filter, after: number, ports: StreamPorts) => {
  const { hub, shown, pageAfter } = ports;
  const { outlet } = reader;
  const bookmark = (position: number) => {
    outlet.push(bookmarkFrame(cursorOf(shown().generation, position)), 1);
    reader.sent = position;
  };
  for (let position = after; outlet.open; ) {
    if (position >= shown().position) {
      if (reader.sent < position) bookmark(position);
      return hub.join(reader, filter);
    }
    const page = await pageAfter(position);
    const [first] = page;
    if (first?.position !== position + 1) {
      // The journal was cut between two pages.
      outlet.push(resetFrame('too_old'), 1);
      position = shown().position;
      bookmark(position);
      continue;
    }
    for (const entry of page) {
      const name = nameFor(filter, entry.traits);
      if (name === null) continue;
      outlet.push(entry.frame(name), 1);
      reader.sent = entry.position;
    }
    position = page.at(-1)?.position ?? position;
    await outlet.emptied();
  }
};

const state = async (outlet: Outlet, pages: AsyncIterable<readonly Vm[]>) => {
  for await (const page of pages) {
    if (!outlet.open) return;
    for (const vm of page) outlet.push(stateFrame(vm), 1);
    await outlet.emptied();
  }
};

/**
 * Opens a stream to a reader: greeting at once, before anything is asked; then where it begins; then what it missed;
 * then what happens. Whoever resumes without a gap has the state already and gets the facts instead of a snapshot.
 */
export const openStream = (wanted: Wanted, sink: Sink, ports: StreamPorts) => {
  const { filter, from, cursor, snapshot, session } = wanted;
  const { clock, hub, shown, random, report } = ports;
  const timers: (() => void)[] = [];
  const onClosed = () => {
    for (const cancel of timers) cancel();
    hub.leave(reader);
  };
  const outlet = outletTo(sink, { clock, random, soon: (flush) => hub.soon(flush), onClosed });
  const reader: Reader = { outlet, session: session?.ref ?? null, sent: 0 };
  hub.enter(reader);

  const here = shown();
  const resumed = from?.is === 'at' ? from.position : null;
  const gap = from !== null && resumed === null;
  const resumedFrom = resumed !== null ? cursor : gap ? cursorOf(here.generation, here.position) : null;
  outlet.push(openingFrame(1000 + random() * 2000), 0);
  outlet.push(helloFrame({ server: SERVER, resumedFrom, gap }), 1);
  if (gap) outlet.push(resetFrame(from.is), 1);

  timers.push(clock.after(Math.round(LIFETIME_MS * (0.9 + random() * 0.2)), () => outlet.bye('lifetime')));
  if (session) {
    const left = Instant.msBetween(clock.now(), session.expiresAt);
    timers.push(clock.after(left, () => outlet.bye('session_expired')));
  }

  const run = async () => {
    let position = resumed ?? here.position;
    if (snapshot && resumed === null) {
      const taken = ports.snapshot(filter);
      position = taken.position;
      await state(outlet, taken.pages);
    }
    outlet.push(bookmarkFrame(cursorOf(shown().generation, position)), 1);
    reader.sent = position;
    await replay(reader, filter, position, ports);
  };
  run().catch((error: unknown) => {
    report('stream', error);
    outlet.bye('failed');
  });
};
