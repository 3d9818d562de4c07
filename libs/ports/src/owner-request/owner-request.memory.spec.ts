import { ownerRequestContract } from './owner-request.contract.js';
import { memoryOwnerRequest } from './owner-request.memory.js';

ownerRequestContract('memory', async () => {
  const requests = memoryOwnerRequest();
  return { requests, offer: requests.offer };
});
