// Gathers the lines of a few milliseconds into one write. Never: lines that wait for ever, or a timer that keeps the process
// alive.

/** How long lines are gathered before they are written together: each write costs as much as ten lines. */
const GATHER_MS = 10;

/** Gathers lines for a moment, and hands them on together. */
export const gathered = (write: (lines: string) => void) => {
  let waiting = '';
  const flush = () => {
    const lines = waiting;
    waiting = '';
    if (lines !== '') write(lines);
  };
  return {
    flush,
    write: (line: string) => {
      if (waiting === '') setTimeout(flush, GATHER_MS).unref();
      waiting += line;
    },
  };
};
