import { journalContract } from './journal.contract.js';
import { memoryJournal } from './journal.memory.js';

journalContract('memory', async () => {
  const journal = memoryJournal();
  return { journal, reopen: async () => journal };
});
