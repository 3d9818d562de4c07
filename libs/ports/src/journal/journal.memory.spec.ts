import { journalContract } from './journal.contract.js';
import { memoryJournal } from './journal.memory.js';

journalContract('memory', async () => {
  const journal = memoryJournal();
  await journal.begin();
  return {
    journal,
    reopen: async () => journal.handle(),
    older: async () => journal.older(),
    pass: async () => {},
  };
});
