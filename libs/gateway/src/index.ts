export { GatewayModule } from './api/gateway.module.js';
export { gatewayUseCases, type GatewayPorts, type GatewayUseCases } from './application/gateway.use-cases.js';
export type { ReadPower } from './application/fleet/get-vm.query.js';
export type { ShownVms } from './application/fleet/shown-vms.js';
