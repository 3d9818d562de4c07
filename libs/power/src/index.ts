export { PowerModule } from './api/power.module.js';
export type { Crash } from './application/work/execute-step.js';
export { powerUseCases, type PowerPorts, type PowerUseCases } from './application/power.use-cases.js';
