import type { Tools } from '@drover/kernel';

/** Whether the guest can be asked, and a wait for tools is over. */
export const toolsRun = (tools: Tools) => tools === 'toolsOk' || tools === 'toolsOld';

/** Whether they were read as not running; `unknown` is never taken for that. */
export const toolsStopped = (tools: Tools) => tools === 'toolsNotRunning' || tools === 'toolsNotInstalled';
