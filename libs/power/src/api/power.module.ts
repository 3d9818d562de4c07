import { Module, type DynamicModule } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { ApiModule, guardProvider, mount, type GuardPorts } from '@drover/api';
import type { Flows } from '@drover/ports';
import { powerTable, powerUseCases, type PowerPorts, type PowerUseCases } from '../application/power.use-cases.js';
import { powerRoutes } from './power.routes.js';

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
    const { controllers, providers } = mount({
      ...{ service: 'power', owners: ['power', 'operation'], table: powerTable, does: power, endpoints: powerRoutes },
    });
    return {
      module: PowerModule,
      imports: [ApiModule, CqrsModule], // bare classes, which Nest mounts once; `forRoot()` would make another bus
      controllers,
      providers: [guardProvider({ ...door, audit: power.audit }), ...providers],
    };
  }
}
