export { PowerModule, type Mounting } from './api/power.module.js';
export type { Crash } from './application/work/power.policy.js';
export {
  powerUseCases,
  type PowerPorts,
  type PowerStateRefusal,
  type PowerUseCases,
} from './application/power.use-cases.js';
