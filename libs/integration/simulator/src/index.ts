export { simulatedConnections, type SimulatedConnection } from './connections.simulator.js';
export { SHARED_NAME } from './fleet.simulator.js';
export { Fault } from './faults.simulator.js';
export { LedgerLine } from './ledger.simulator.js';
export { Order } from './order.simulator.js';
export { simulator, type Simulator, type SimulatorOptions, type MachineSnapshot } from './provider.simulator.js';
