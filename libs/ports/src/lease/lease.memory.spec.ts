import { leaseContract } from './lease.contract.js';
import { memoryLeaseStore } from './lease.memory.js';
import { leasesOn } from './leases.js';

leaseContract('memory', async () => {
  const store = memoryLeaseStore();
  return { handle: () => store, leases: leasesOn };
});
