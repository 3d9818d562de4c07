export { GatewayModule } from './api/gateway.module.js';
export { gatewayUseCases, type GatewayPorts, type GatewayUseCases } from './application/gateway.use-cases.js';
