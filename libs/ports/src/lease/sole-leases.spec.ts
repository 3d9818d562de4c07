import { ownLeaseContract } from './lease.contract.js';
import { soleLeases } from './sole-leases.js';

ownLeaseContract('the sole process', async () => soleLeases('one'));
