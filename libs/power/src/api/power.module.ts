import { Module, type DynamicModule } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { ApiModule, guardProvider, type GuardPorts } from '@drover/api';
import type { Flows } from '@drover/ports';
import { powerUseCases, type PowerPorts, type PowerUseCases } from '../application/power.use-cases.js';
import * as operations from './operations.controller.js';
import * as native from './power.controller.js';
import * as source from './power-source.controller.js';

/** What a module of the house is mounted with, besides its ports. */
export interface Mounting {
  readonly door: Omit<GuardPorts, 'audit'>;
  readonly flows: Flows;
}

/** Mounts power in a Nest application. */
@Module({})
export class PowerModule {
  /** The same module on any ports: memory in a test, SQLite in one process, MongoDB in its own. */
  static async with(ports: PowerPorts & Mounting): Promise<DynamicModule> {
    return PowerModule.of(await powerUseCases(ports), ports);
  }

  /** The module of use cases that another part of the process asks, too. */
  static of(power: PowerUseCases, { door, flows }: Mounting): DynamicModule {
    flows.add(power.flow);
    return {
      module: PowerModule,
      imports: [ApiModule, CqrsModule], // bare classes, which Nest mounts once; `forRoot()` would make another bus
      controllers: [native.PowerController, source.PowerSourceController, operations.PowerOperationsController],
      providers: [
        guardProvider({ ...door, audit: power.audit }),
        native.PowerOffVm.handledBy(power.powerOffVm),
        native.PowerOnVm.handledBy(power.powerOnVm),
        native.RestartVm.handledBy(power.restartVm),
        native.StartBulk.handledBy(power.startBulk),
        operations.CancelOperation.handledBy(power.cancelOperation),
        operations.CheckOperation.handledBy(power.checkOperation),
        operations.MarkOperation.handledBy(power.markOperation),
        operations.RunOperationAgain.handledBy(power.runOperationAgain),
        operations.GetOperation.handledBy(power.getOperation),
        operations.GetOperationFacts.handledBy(power.getOperationFacts),
        operations.WaitForOperation.handledBy(power.waitForOperation),
        source.PowerState.handledBy(power.powerState),
        source.SourceEnd.handledBy(power.sourceEnd),
        source.ResolveVm.handledBy(power.resolveVm),
      ],
    };
  }
}
