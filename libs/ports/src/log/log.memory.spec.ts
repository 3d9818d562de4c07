import { logContract } from './log.contract.js';
import { memoryLog, type MemoryLog } from './log.memory.js';

logContract('memory', () => {
  const logs: MemoryLog[] = [];
  return {
    open: (least) => {
      const log = memoryLog(least);
      logs.push(log);
      return log;
    },
    written: async () => logs.map((log) => log.text()).join(''),
  };
});
