export type { BreakerState } from './breaker.guard.js';
export { guarded } from './provider.guard.js';
