export type { BreakerState } from './breaker.provider-guard.js';
export { guarded } from './guarded.provider-guard.js';
