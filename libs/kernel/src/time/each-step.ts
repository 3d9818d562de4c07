// Steps of an end, of which each is done whatever became of the others. Never: an error that is lost; the first is thrown.

/** Does every step, one after the other, also when one before it has failed; throws the first error when all are done. */
export const eachStep = async (...steps: readonly (() => unknown)[]): Promise<void> => {
  const errors: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
};
