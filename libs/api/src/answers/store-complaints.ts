// What the log says of a store that refuses: a line a minute for each kind, however many ask. Never: a line for each
// request; a full disk would be filled by them.
import { Logger } from '@nestjs/common';

const MINUTE_MS = 60_000;
/** The codes by which stores refuse. */
export const storeRefusals: readonly string[] = [
  'store_full',
  'store_unavailable',
  'store_shorter_than_anchor',
  'stream_unreadable',
  'view_unreadable',
];

/** A refusal of a store, known by its name and code: the door does not know ports. */
export const isStoreRefusal = <Code extends string>(error: unknown): error is Error & { readonly code: Code } =>
  error instanceof Error &&
  error.name === 'StoreRefused' &&
  'code' in error &&
  storeRefusals.includes(String(error.code));

/** Says one thing of each kind a minute. */
export const onceAMinute = (say: (sentence: string) => void, now = () => performance.now()) => {
  const said = new Map<string, number>();
  return (kind: string, sentence: string) => {
    const last = said.get(kind);
    if (last !== undefined && now() - last < MINUTE_MS) return;
    said.set(kind, now());
    say(sentence);
  };
};

/** What a refusal holds up, in the first words of its line. */
const HELD_UP: Readonly<Record<string, string>> = {
  stream_unreadable: 'One stream takes nothing, all others do',
  view_unreadable: 'A view cannot be read; events are stored',
};

/** What the log says of it; null for an error that is no refusal of a store. */
export const storeComplaint = (error: unknown): { readonly kind: string; readonly sentence: string } | null => {
  const isFull = error instanceof Error && 'code' in error && error.code === 'ENOSPC';
  if (!isFull && !isStoreRefusal(error)) return null;
  const kind = isFull ? 'store_full' : String(error.code);
  return { kind, sentence: `${HELD_UP[kind] ?? 'A store takes nothing'}: ${error.message}` };
};

const logger = new Logger('store');
const complain = onceAMinute((sentence) => logger.error(sentence));

/**
 * Says that a store refuses, in one line a minute for each kind of reason, however many ask in vain. False for an
 * error that is of another kind: whoever has it says it.
 */
export const complainOfStore = (error: unknown): boolean => {
  const complaint = storeComplaint(error);
  if (complaint) complain(complaint.kind, complaint.sentence);
  return complaint !== null;
};
