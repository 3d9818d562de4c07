import { virtualClock } from '../clock/clock.memory.js';
import { leaseContract, ownLeaseContract } from './lease.contract.js';
import { memoryLeaseStore } from './lease.memory.js';
import { leasesOn } from './leases.js';

leaseContract('memory', async () => {
  const store = memoryLeaseStore();
  return { handle: () => store, leases: leasesOn };
});

ownLeaseContract('memory', async () =>
  leasesOn({ clock: virtualClock(), store: memoryLeaseStore(), holder: 'one', report: () => {} }),
);
