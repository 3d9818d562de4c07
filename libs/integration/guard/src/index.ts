export type { BreakerState } from './breaker.guard.js';
export { guarded, type Provider } from './provider.guard.js';
