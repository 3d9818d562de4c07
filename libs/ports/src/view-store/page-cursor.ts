// The place in a list that a client carries to its next page, as text. Never: a secret or a right in it; a client can read
// it.
import { hashOf, Instant } from '@drover/kernel';

/** Where a list is read on: as of which revision of which views, begun when, asked how, after which row. */
export interface PageCursor {
  /** Of which views: those of another name cannot be read on. */
  readonly generation: string;
  readonly revision: number;
  readonly begun: Instant;
  /** What the first page said of the set: its place in the journal, and the time up to which its view had been told. */
  readonly position: number;
  readonly asOf: Instant;
  /** The question in short: a cursor goes with the filters and the order it was made for. */
  readonly asked: string;
  readonly key: string;
}

const EPOCH = Instant.ofMs(0);
const msOf = (at: Instant) => Instant.msBetween(EPOCH, at);
const inText = (number: number) => number.toString(36);
const fromText = (text: string) => Number.parseInt(text, 36);
const checkOf = (text: string) => hashOf(text).slice(0, 6);
const form =
  /^(p2\.([A-Za-z0-9_-]{1,40})\.([0-9a-z]{1,9})\.([0-9a-z]{1,9})\.([0-9a-z]{1,9})\.([0-9a-z]{1,9})\.([\w-]{6})\.(.{1,80}))\.([\w-]{6})$/s;

/** A question in short. */
export const queryHash = (question: unknown) => hashOf(question).slice(0, 6);

/** The place as text. The check at its end finds out what was changed or cut; it keeps no secret. */
export const encodePageCursor = ({ generation, revision, begun, position, asOf, asked, key }: PageCursor) => {
  const numbers = [revision, msOf(begun), position, msOf(asOf)].map(inText).join('.');
  const text = `p2.${generation}.${numbers}.${asked}.${key}`;
  return `${text}.${checkOf(text)}`;
};

/** Reads a cursor of a list; null for any other text. */
export const decodePageCursor = (cursor: string): PageCursor | null => {
  const [, text = '', ...parts] = form.exec(cursor) ?? [];
  const [generation = '', revision = '', begun = '', position = '', asOf = '', asked = '', key = '', check] = parts;
  if (check === undefined || check !== checkOf(text)) return null;
  return {
    generation,
    revision: fromText(revision),
    begun: Instant.ofMs(fromText(begun)),
    position: fromText(position),
    asOf: Instant.ofMs(fromText(asOf)),
    asked,
    key,
  };
};
