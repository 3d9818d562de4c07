// Lets a service nudge only the jobs that it states, so that the start finds a job that nobody works on. Never: a job that
// is added to the list where it is nudged.
import type { Service } from '@drover/contracts';
import type { JobQueue } from '../job-queue/job-queue.js';

/**
 * A queue for one service that takes nudges of the jobs that it states, and throws for any other: the start compares what is
 * stated with the policies that there are, so a nudge that nobody works on is found then.
 */
export const statedNudges = (jobs: JobQueue, service: Service, stated: readonly string[]): JobQueue => ({
  ...jobs,
  nudge: (job, key, delayMs) => {
    if (!stated.includes(job)) throw new Error(`${service} nudges ${job} and does not state it: add it to its nudges`);
    jobs.nudge(job, key, delayMs);
  },
});
