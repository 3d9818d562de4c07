export { GatewayModule } from './api/gateway.module.js';
export { gatewayUseCases, type GatewayPorts, type GatewayUseCases } from './application/gateway.use-cases.js';
export type { ReadPower } from './application/queries/get-vm.query.js';
export type { ShownVms } from './application/queries/shown-vms.query.js';
