// One piece of work after the other. Never: work that is left out because the one before failed.

/** One thing after the other, whatever became of the one before. */
export const inTurn = () => {
  let last: Promise<unknown> = Promise.resolve();
  return <Result>(work: () => Promise<Result>): Promise<Result> => {
    const mine = last.then(work, work);
    last = mine.catch(() => undefined);
    return mine;
  };
};

/** Does one thing after the other. */
export type InTurn = ReturnType<typeof inTurn>;
