import { virtualClock } from '../clock/clock.memory.js';
import { sessionStoreContract } from './session-store.contract.js';
import { memorySessionStore } from './session-store.memory.js';

sessionStoreContract('memory', async () => {
  const clock = virtualClock();
  return { sessions: memorySessionStore(clock, { minutes: 120 }), pass: clock.advance };
});
