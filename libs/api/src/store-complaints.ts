import { systemNow } from '@drover/kernel';

const MINUTE_MS = 60_000;
const codes = ['store_full', 'store_unavailable', 'store_shorter_than_anchor', 'stream_unreadable', 'view_unreadable'];

/** A refusal of a store, known by its name and code: the door does not know ports. */
export const isStoreRefusal = <Code extends string>(error: unknown): error is Error & { readonly code: Code } =>
  error instanceof Error && error.name === 'StoreRefused' && 'code' in error && codes.includes(String(error.code));

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

const complain = onceAMinute((sentence) => console.error(sentence));

/**
 * Says that a store takes nothing, in one line a minute for each kind of reason, however many ask in vain. False for an
 * error that is of another kind: whoever has it says it.
 */
export const complainOfStore = (error: unknown): boolean => {
  const isFull = error instanceof Error && 'code' in error && error.code === 'ENOSPC';
  if (!isFull && !isStoreRefusal(error)) return false;
  complain(
    isFull ? 'store_full' : String((error as { code?: unknown }).code),
    `${systemNow()} Nothing is taken: ${error.message}`,
  );
  return true;
};
