import { expect, it } from '@jest/globals';
import { eachStep } from './each-step.js';

it('every step is done, in order, and the first error is told', async () => {
  const done: string[] = [];
  const fails = (name: string) => async () => {
    done.push(name);
    await Promise.reject(new Error(name));
  };
  await expect(eachStep(fails('a'), () => done.push('b'), fails('c'))).rejects.toThrow('a');
  expect(done).toEqual(['a', 'b', 'c']);
  await eachStep(() => done.push('d'));
  expect(done.at(-1)).toBe('d');
});
