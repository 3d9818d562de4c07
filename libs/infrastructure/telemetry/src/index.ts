export { pinoLog, processLog } from './log.telemetry.js';
export { promMetrics, type PromMetrics } from './metrics.telemetry.js';
