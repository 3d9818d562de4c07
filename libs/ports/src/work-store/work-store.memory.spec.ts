import { workStoreContract } from './work-store.contract.js';
import { memoryWorkStore } from './work-store.memory.js';

workStoreContract('memory', async () => {
  const store = memoryWorkStore();
  return { store, reopen: async () => store };
});
