// What the writers of the append bench say of themselves, one JSON line for each event, written before they go on: what
// a killed process has said is true, and what it has not said may or may not have happened.

/** One line of the history. Instants are microseconds of the machine's monotonic clock, the same in every process. */
export type AppendEvent =
  | {
      readonly what: 'invoke';
      readonly op: string;
      readonly at: number;
      readonly stream: string;
      readonly version: number;
      readonly size: number;
      readonly commitId: string;
    }
  | { readonly what: 'ok'; readonly op: string; readonly at: number; readonly position: number }
  | { readonly what: 'conflict'; readonly op: string; readonly at: number }
  | { readonly what: 'error'; readonly op: string; readonly at: number }
  | { readonly what: 'read'; readonly at: number; readonly stream: string; readonly sees: number }
  | { readonly what: 'end'; readonly transactions: number };

/** Microseconds of the machine's monotonic clock. */
export const microseconds = () => {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e6 + Math.floor(nanoseconds / 1000);
};

/** The whole lines of what a process has said; its last one may have been cut off by the kill. */
export const historyOf = (said: string): readonly AppendEvent[] =>
  said
    .slice(0, said.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as AppendEvent);
