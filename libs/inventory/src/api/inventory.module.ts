import { Module, type DynamicModule } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { ApiModule, guardProvider, mount, type GuardPorts } from '@drover/api';
import type { Flows } from '@drover/ports';
import {
  inventoryTable,
  inventoryUseCases,
  type InventoryPorts,
  type InventoryUseCases,
} from '../application/inventory.use-cases.js';
import { inventoryRoutes } from './inventory.routes.js';

/** What a module of the house is mounted with, besides its ports. */
interface Mounting {
  readonly door: Omit<GuardPorts, 'audit'>;
  readonly flows: Flows;
}

/** Mounts inventory in a Nest application. */
@Module({})
export class InventoryModule {
  /** The same module on any ports. Sessions and policies begin with the flows; what Nest closes, ends the sessions. */
  static async with(ports: InventoryPorts & Mounting): Promise<DynamicModule> {
    return InventoryModule.of(await inventoryUseCases(ports), ports);
  }

  /** The module of use cases that another part of the process asks, too. */
  static of(inventory: InventoryUseCases, { door, flows }: Mounting): DynamicModule {
    flows.add(inventory.flow);
    const { controllers, providers } = mount({
      ...{ service: 'inventory', owners: ['inventory', 'operation'], table: inventoryTable },
      ...{ does: inventory, endpoints: inventoryRoutes },
    });
    return {
      module: InventoryModule,
      imports: [ApiModule, CqrsModule], // bare classes, which Nest mounts once; `forRoot()` would make another bus
      controllers,
      providers: [
        guardProvider({ ...door, audit: inventory.audit }),
        { provide: 'inventory.sessions', useValue: { onModuleDestroy: () => inventory.stop() } },
        ...providers,
      ],
    };
  }
}
