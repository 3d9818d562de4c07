// Values of an index as SQLite orders them: numbers, then texts by their bytes, then false and true, then rows without a
// value. Never: a type for the column; 4 and '4' stay two values.
import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';
import type { Scalar } from '@drover/kernel';

/** Stands for a row without a value; greater than every value. */
export const NOTHING = Uint8Array.of(0xff);

/** A scalar as the file stores it: a boolean and null are one byte. */
export const stored = (value: Scalar | null): SQLInputValue =>
  value === null ? NOTHING : typeof value === 'boolean' ? Uint8Array.of(value ? 1 : 0) : value;

/** A scalar as it was handed in, from what the file stores. */
export const handed = (value: SQLOutputValue | undefined): Scalar | null => {
  if (typeof value === 'number' || typeof value === 'string') return value;
  const byte = typeof value === 'object' ? value?.[0] : undefined;
  return byte === 0 ? false : byte === 1 ? true : null;
};

const kinds = ['number', 'string', 'boolean'];
const kindOf = (value: Scalar | null) => (value === null ? kinds.length : kinds.indexOf(typeof value));

/** The same order, for rows that are sorted here. */
export const compareScalars = (a: Scalar | null, b: Scalar | null): number => {
  if (a === b) return 0;
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  if (kindOf(a) !== kindOf(b)) return kindOf(a) - kindOf(b);
  return Number(a) - Number(b);
};
