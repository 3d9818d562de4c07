import { GuestTools, type Tools } from '@drover/kernel';

/** Whether the guest can be asked, and a wait for tools is over. */
export const toolsRun = (tools: Tools) => tools === GuestTools.running || tools === GuestTools.outdated;

/** Whether they were read as not running; `unknown` is never taken for that. */
export const toolsStopped = (tools: Tools) => tools === GuestTools.stopped || tools === GuestTools.absent;
