import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { ApiModule, guardProvider, mount, type Capability, type ProcessPorts } from '@drover/api';
import { SELF } from '@drover/kernel';
import { connectionChecks } from '../application/connections/connection-checks.js';
import { inventoryTable, inventoryUseCases, type InventoryPorts } from '../application/inventory.use-cases.js';
import { inventoryRoutes } from './inventory.routes.js';

/** Mounts inventory in a Nest application. */
@Module({})
export class InventoryModule {
  /** On any ports. Sessions and policies begin with the flows; what Nest closes, ends the sessions. */
  static async with(ports: InventoryPorts, { door, flows }: ProcessPorts): Promise<Capability> {
    const inventory = await inventoryUseCases(ports);
    flows.add(inventory.flow);
    const { controllers, providers } = mount({
      ...{ service: 'inventory', owners: ['inventory', 'operation'], table: inventoryTable },
      ...{ does: inventory, endpoints: inventoryRoutes },
    });
    const module = {
      module: InventoryModule,
      imports: [ApiModule, CqrsModule], // bare classes, which Nest mounts once; `forRoot()` would make another bus
      controllers,
      providers: [
        guardProvider({ ...door, audit: inventory.audit }),
        { provide: 'inventory.sessions', useValue: { onModuleDestroy: () => inventory.stop() } },
        ...providers,
      ],
    };
    return {
      ...{ service: 'inventory', module, flow: inventory.flow },
      operation: (id) => inventory.getOperation({ id }, SELF),
      checks: connectionChecks(inventory, ports.contact),
    };
  }
}
