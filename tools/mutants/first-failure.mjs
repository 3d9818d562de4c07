// The first test that fails kills a mutant: the others are skipped, for one that hangs would hang in each of them.
import { TestEnvironment } from 'jest-environment-node';

let killed;

export default class FirstFailure extends TestEnvironment {
  handleTestEvent({ name, test }) {
    const mutant = process.env.__STRYKER_ACTIVE_MUTANT__; // its number; none in the run that shows the tests green
    if (mutant === undefined) return;
    if (name === 'test_done' && test.errors.length > 0) killed = mutant;
    if (name === 'test_start' && killed === mutant) test.mode = 'skip';
  }
}
