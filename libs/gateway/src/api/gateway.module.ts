import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { ApiModule, guardProvider, liveStreams, mount, unseen, type Capability, type ProcessPorts } from '@drover/api';
import {
  gatewayTable,
  gatewayUseCases,
  type GatewayPorts,
  type GatewayUseCases,
} from '../application/gateway.use-cases.js';
import { countOpenOperations } from '../application/operations/open-operations.js';
import { gatewayRoutes } from './gateway.routes.js';
import type { LiveStreams } from './live.routes.js';

/** Mounts the gateway in a Nest application. */
@Module({})
export class GatewayModule {
  /** On any ports. The doors of the others take from it how the fleet is shown. */
  static async with(ports: GatewayPorts, house: ProcessPorts): Promise<Capability> {
    return GatewayModule.of(await gatewayUseCases(ports), house);
  }

  /** Of use cases that are there already. */
  static of(gateway: GatewayUseCases, { door, flows, telemetry = unseen }: ProcessPorts): Capability {
    const { audit, home, publisher, reads: views, shown: vms, flow } = gateway;
    const { clock, report, topicsOf, share } = publisher;
    const streams: LiveStreams = liveStreams({ clock, report, topicsOf, share, telemetry, server: 'gateway' });
    publisher.streams = streams;
    flows.add(flow);
    countOpenOperations(gateway, telemetry.metrics);
    const { controllers, providers } = mount({
      ...{ service: 'gateway', owners: ['gateway'], table: gatewayTable, does: gateway },
      endpoints: gatewayRoutes(home, streams),
    });
    const shows = { views, vms };
    const module = {
      module: GatewayModule,
      imports: [ApiModule, CqrsModule], // bare classes, which Nest mounts once; `forRoot()` would make another bus
      controllers,
      providers: [guardProvider({ ...door, ...shows, audit }), ...providers],
    };
    return { service: 'gateway', module, flow, shows };
  }
}
