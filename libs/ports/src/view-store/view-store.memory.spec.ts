import { virtualClock } from '../clock/clock.memory.js';
import { viewStoreContract } from './view-store.contract.js';
import { memoryViewStore } from './view-store.memory.js';

viewStoreContract('memory', async () => {
  const clock = virtualClock();
  const store = memoryViewStore(clock);
  return { store, reopen: async () => store, restart: async () => store, pass: clock.advance };
});
