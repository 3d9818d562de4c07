import { Module, type DynamicModule } from '@nestjs/common';
import type { Capability, ProcessPorts } from '@drover/api';
import { GatewayModule, type GatewayPorts } from '@drover/gateway';
import { InventoryModule, type InventoryPorts } from '@drover/inventory';
import { PowerModule, type PowerPorts } from '@drover/power';

/** What the capabilities of this process run on. */
export interface CapabilityPorts {
  readonly gateway: GatewayPorts;
  readonly power: PowerPorts;
  readonly inventory: InventoryPorts;
}

/** Every capability in one process; who shows the fleet comes first, for the doors of the others need it. */
export const mountAll = async (ports: CapabilityPorts, house: ProcessPorts): Promise<readonly Capability[]> => {
  const gateway = await GatewayModule.with(ports.gateway, house);
  const showing = { ...house, door: { ...house.door, ...gateway.shows } };
  const power = await PowerModule.with(ports.power, showing);
  return [gateway, power, await InventoryModule.with(ports.inventory, showing)];
};

/** All services in one process: each brings its own controllers, no proxy stands before them. */
@Module({})
export class SuiteModule {
  static with(modules: readonly DynamicModule[]): DynamicModule {
    return { module: SuiteModule, imports: [...modules] };
  }
}
