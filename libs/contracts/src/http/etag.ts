// The ETags of machines and connections, and what a client's conditions say of them. Never: one that is not understood taken
// for a match.
import { reject, type RejectionDetail } from '@drover/kernel';

/** The last published sequence of each stream of a machine: inventory, power, protection, watch. */
export interface VmParts {
  readonly i: number;
  readonly p: number;
  readonly r: number;
  readonly m: number;
}

/** The ETag of a machine, as it stands in the header and in `Vm.version`. */
export const vmEtag = ({ i, p, r, m }: VmParts) => `"i${i}.p${p}.r${r}.m${m}"`;

/**
 * What an If-Match says of the part that a command writes. Undefined: it says nothing (no header, or `*`).
 * Null: it is no ETag of a machine, so nothing can match it.
 */
export const sequenceIn = (etag: string | undefined, part: keyof VmParts): number | undefined | null => {
  if (etag === undefined || etag.trim() === '*') return undefined;
  const found = /^\s*"?i(?<i>\d{1,15})\.p(?<p>\d{1,15})\.r(?<r>\d{1,15})\.m(?<m>\d{1,15})"?\s*$/.exec(etag);
  return found ? Number(found.groups?.[part]) : null;
};

/** Whether an If-Match is there and no ETag of a machine. */
export const isNoEtag = (ifMatch: string | undefined): boolean => sequenceIn(ifMatch, 'i') === null;

/** The ETag of a connection. */
export const connectionEtag = (version: number) => `"c${version}"`;

/** What an If-Match says of a connection: undefined and null as of a machine. */
export const connectionVersionIn = (etag: string | undefined): number | undefined | null => {
  if (etag === undefined || etag.trim() === '*') return undefined;
  const found = /^\s*"?c(\d{1,15})"?\s*$/.exec(etag);
  return found ? Number(found[1]) : null;
};

/** The refusal of an If-Match that nothing can match. */
export const noEtag = (of: 'machine' | 'connection', detail: RejectionDetail = {}) =>
  reject('version_mismatch', `If-Match is no ETag of a ${of}. Nothing was done.`, detail);

const weakless = (tag: string) => tag.trim().replace(/^W\//, '');

/** Whether an If-None-Match names this ETag: the client has the answer already (RFC 9110 §13.1.2, weak comparison). */
export const namesEtag = (ifNoneMatch: string | undefined, etag: string) =>
  ifNoneMatch !== undefined &&
  (ifNoneMatch.trim() === '*' || ifNoneMatch.split(',').some((each) => weakless(each) === weakless(etag)));
