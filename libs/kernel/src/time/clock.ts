// Instants as text, and how a long loop lets others have a turn. Never: the time of day read anywhere else in the house; it
// comes in as data.
import * as z from 'zod';

const schema = z.iso
  .datetime({ offset: true, abort: true }) // or what is no moment would throw below
  .overwrite((raw) => new Date(raw).toISOString())
  .refine((text) => text.length === 24, 'a year of more than four digits')
  .brand<'Instant'>();

/** A moment as text: RFC 3339, UTC, milliseconds; always 24 characters, so that text order is time order. */
export type Instant = z.output<typeof schema>;

/** Reads every RFC 3339 text into the one spelling that is stored, and reckons with it. */
export const Instant = {
  schema,
  parse: (raw: string): Instant => schema.parse(raw),
  ofMs: (ms: number): Instant => new Date(ms).toISOString() as Instant,
  plusSeconds: (from: Instant, seconds: number): Instant => Instant.ofMs(Date.parse(from) + seconds * 1000),
  /** From one to the other, negative when the other is earlier. */
  msBetween: (from: Instant, to: Instant): number => Date.parse(to) - Date.parse(from),
  wholeSeconds: (from: Instant, to: Instant): number => Math.max(0, Math.round(Instant.msBetween(from, to) / 1000)),
};

/** Tells the time. A test passes a constant. */
export type Now = () => Instant;

/** The one place that asks the machine for the time. */
export const systemNow: Now = () => Instant.ofMs(Date.now());

let arrivals = 0;
/** Says that somebody connected to this process. */
export const somebodyArrived = () => void (arrivals += 1);
/** How many who wait to be connected are let in before work goes on: a host that connects without end stops nothing. */
const MOST_ARRIVALS = 128;

const turnOfTheLoop = () => new Promise<void>((done) => setImmediate(done));

/**
 * Lets everybody else have a turn. A long loop over stores that answer at once would hold up the whole process. A turn
 * of the event loop lets one connection in, so while others wait to be connected more turns pass: a burst of them, each
 * turn with its work, would hold up whoever connects last for all of it.
 */
export const yieldToEventLoop = async () => {
  for (let n = 0; n < MOST_ARRIVALS; n++) {
    const before = arrivals;
    await turnOfTheLoop();
    // The first of them may end before the network was asked: whoever came from there begins in the midst of a turn.
    if (n > 0 && arrivals === before) return;
  }
};
