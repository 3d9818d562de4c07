import { Module, type DynamicModule } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { ApiModule, guardProvider, type GuardPorts } from '@drover/api';
import type { Flows } from '@drover/ports';
import { inventoryUseCases, type InventoryPorts, type InventoryUseCases } from '../application/inventory.use-cases.js';
import {
  ConnectionsController,
  GetConnection,
  ListConnections,
  RefreshConnection,
  ResetConnection,
  TestConnection,
} from './connections.controller.js';
import {
  InventoryWaitForOperation,
  InventoryCancelOperation,
  InventoryCheckOperation,
  InventoryGetOperation,
  InventoryGetOperationFacts,
  InventoryMarkOperation,
  InventoryOperationsController,
  InventoryRunOperationAgain,
} from './operations.controller.js';
import { EditVm, RegisterVm, RetireVm, VmsController } from './vms.controller.js';

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
    return {
      module: InventoryModule,
      imports: [ApiModule, CqrsModule], // bare classes, which Nest mounts once; `forRoot()` would make another bus
      controllers: [VmsController, ConnectionsController, InventoryOperationsController],
      providers: [
        guardProvider({ ...door, audit: inventory.audit }),
        { provide: 'inventory.sessions', useValue: { onModuleDestroy: () => inventory.stop() } },
        RegisterVm.handledBy(inventory.registerVm),
        EditVm.handledBy(inventory.editVm),
        RetireVm.handledBy(inventory.retireVm),
        ListConnections.handledBy(inventory.listConnections),
        GetConnection.handledBy(inventory.getConnection),
        TestConnection.handledBy(inventory.testConnection),
        RefreshConnection.handledBy(inventory.refreshConnection),
        ResetConnection.handledBy(inventory.resetConnection),
        InventoryWaitForOperation.handledBy(inventory.waitForOperation),
        InventoryGetOperation.handledBy(inventory.getOperation),
        InventoryGetOperationFacts.handledBy(inventory.getOperationFacts),
        InventoryCancelOperation.handledBy(inventory.cancelOperation),
        InventoryCheckOperation.handledBy(inventory.checkOperation),
        InventoryMarkOperation.handledBy(inventory.markOperation),
        InventoryRunOperationAgain.handledBy(inventory.runOperationAgain),
      ],
    };
  }
}
