// Requests for one stream take turns within a process. Never: relied on for what is right; other processes append as well,
// and the store tells them apart.
import type { StreamId } from '@drover/kernel';

/**
 * Turns of each stream: what is begun for one waits for what was begun for it before, in this process, so requests
 * conflict only with other processes.
 */
export const streamTurns = () => {
  const turns = new Map<StreamId, Promise<unknown>>();
  return <Value>(stream: StreamId, act: () => Promise<Value>): Promise<Value> => {
    const before = turns.get(stream) ?? Promise.resolve();
    const mine = before.then(act, act);
    turns.set(stream, mine);
    const leave = () => {
      if (turns.get(stream) === mine) turns.delete(stream);
    };
    void mine.then(leave, leave);
    return mine;
  };
};
