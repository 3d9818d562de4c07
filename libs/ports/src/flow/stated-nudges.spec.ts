import { expect, it } from '@jest/globals';
import { LOOK_AGAIN } from '@drover/contracts';
import { memoryJobQueue } from '../job-queue/job-queue.memory.js';
import { virtualClock } from '../clock/clock.memory.js';
import { statedNudges } from './stated-nudges.js';

it('a nudge that a service does not state is a mistake, and says what to do', async () => {
  const clock = virtualClock();
  const queue = memoryJobQueue(clock);
  const jobs = statedNudges(queue, 'power', ['power', LOOK_AGAIN]);
  const worked: string[] = [];
  jobs.work('power', async (key) => void worked.push(key));
  jobs.nudge('power', 'a');
  await clock.advance(1);
  expect(worked).toEqual(['a']);
  expect(() => jobs.nudge('powr', 'a')).toThrow('power nudges powr and does not state it: add it to its nudges');
  await queue.stop();
});
