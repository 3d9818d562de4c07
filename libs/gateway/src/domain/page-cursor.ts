import { hashOf, Instant } from '@drover/kernel';

/** Where a list is read on: as of which revision of which views, begun when, asked how, after which row. */
export interface PagePlace {
  readonly generation: string;
  readonly revision: number;
  readonly begun: Instant;
  /** The question in short: a cursor goes with the filters and the order it was made for. */
  readonly asked: string;
  readonly key: string;
}

const seconds = (at: Instant) => Math.floor(Instant.msBetween(Instant.ofMs(0), at) / 1000);
const checkOf = (text: string) => hashOf(text).slice(0, 6);
const form = /^(p1\.([A-Za-z0-9_-]{1,40})\.([0-9a-z]{1,9})\.([0-9a-z]{1,8})\.([\w-]{6})\.(.{1,80}))\.([\w-]{6})$/s;

/** A question in short. */
export const askedAs = (question: unknown) => hashOf(question).slice(0, 6);

/** The place as text. The check at its end finds out what was changed or cut; it keeps no secret. */
export const pageCursor = ({ generation, revision, begun, asked, key }: PagePlace) => {
  const text = `p1.${generation}.${revision.toString(36)}.${seconds(begun).toString(36)}.${asked}.${key}`;
  return `${text}.${checkOf(text)}`;
};

/** Reads a cursor of a list; null for any other text. */
export const pagePlace = (cursor: string): PagePlace | null => {
  const [, text = '', ...parts] = form.exec(cursor) ?? [];
  const [generation = '', revision = '', begun = '', asked = '', key = '', check] = parts;
  if (check === undefined || check !== checkOf(text)) return null;
  const at = Instant.ofMs(Number.parseInt(begun, 36) * 1000);
  return { generation, revision: Number.parseInt(revision, 36), begun: at, asked, key };
};
