import { Instant } from '@drover/kernel';
import type { Clock } from '../clock/clock.js';
import { eventBusContract } from './event-bus.contract.js';
import { memoryEventBus } from './event-bus.memory.js';

// Waits pass at once: what is tried again later is tried again now.
const clock: Clock = {
  now: () => Instant.parse('2026-01-01T00:00:00Z'),
  monotonic: () => 0,
  after: (_, call) => {
    const soon = setImmediate(call);
    return () => clearImmediate(soon);
  },
};
eventBusContract('memory', async () => memoryEventBus(clock));
