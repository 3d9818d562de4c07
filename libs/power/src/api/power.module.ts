import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { ApiModule, guardProvider, mount, type Capability, type ProcessPorts } from '@drover/api';
import { SELF } from '@drover/kernel';
import { powerTable, powerUseCases, type PowerPorts } from '../application/power.use-cases.js';
import { powerAnswers, powerRoutes } from './power.routes.js';

/** Mounts power in a Nest application. */
@Module({})
export class PowerModule {
  /** On any ports: memory in a test, SQLite in one process, MongoDB in its own. */
  static async with(ports: PowerPorts, { door, flows }: ProcessPorts): Promise<Capability> {
    const power = await powerUseCases(ports);
    flows.add(power.flow);
    const { controllers, providers } = mount({
      ...{ service: 'power', owners: ['power', 'operation'], table: powerTable, does: power, endpoints: powerRoutes },
    });
    const module = {
      module: PowerModule,
      imports: [ApiModule, CqrsModule], // bare classes, which Nest mounts once; `forRoot()` would make another bus
      controllers,
      providers: [guardProvider({ ...door, audit: power.audit }), ...providers],
    };
    return {
      ...{ service: 'power', module, flow: power.flow, answers: powerAnswers(power) },
      operation: (id) => power.getOperation({ id }, SELF),
    };
  }
}
