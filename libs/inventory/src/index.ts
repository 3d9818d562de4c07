export { InventoryModule } from './api/inventory.module.js';
export { inventoryUseCases, type InventoryPorts, type InventoryUseCases } from './application/inventory.use-cases.js';
export type { ConfiguredConnection } from './application/discovery/connection-watch.policy.js';
