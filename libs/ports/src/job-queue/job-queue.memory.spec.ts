import { virtualClock } from '../clock/clock.memory.js';
import { jobQueueContract } from './job-queue.contract.js';
import { memoryJobQueue } from './job-queue.memory.js';

jobQueueContract('memory', async () => {
  const clock = virtualClock();
  return { queue: memoryJobQueue(clock), pass: clock.advance };
});
