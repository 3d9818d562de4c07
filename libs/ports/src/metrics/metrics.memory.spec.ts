import { metricsContract } from './metrics.contract.js';
import { memoryMetrics } from './metrics.memory.js';

metricsContract('memory', () => ({ metrics: memoryMetrics() }));
