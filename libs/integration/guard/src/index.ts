export { guarded, type Provider } from './provider.guard.js';
