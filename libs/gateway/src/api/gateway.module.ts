import { Module, type DynamicModule } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { ApiModule, guardProvider, liveStreams, mount, unseen, type Telemetry } from '@drover/api';
import type { Flows } from '@drover/ports';
import { gatewayTable, type GatewayUseCases } from '../application/gateway.use-cases.js';
import { gatewayRoutes } from './gateway.routes.js';
import type { LiveStreams } from './live.routes.js';

/** Mounts the gateway in a Nest application. */
@Module({})
export class GatewayModule {
  /** Of use cases that are there already: other modules ask the same ones who somebody is and what the fleet shows. */
  static with(gateway: GatewayUseCases, flows: Flows, telemetry: Telemetry = unseen): DynamicModule {
    const { audit, strangers, identify, origin, home, feed, reads: views } = gateway;
    const { clock, report, topicsOf, share } = feed;
    const streams: LiveStreams = liveStreams({ clock, report, topicsOf, share, telemetry, server: 'gateway' });
    feed.streams = streams;
    flows.add(gateway.flow);
    const { controllers, providers } = mount({
      ...{ service: 'gateway', owners: ['gateway'], table: gatewayTable, does: gateway },
      endpoints: gatewayRoutes(home, streams),
    });
    return {
      module: GatewayModule,
      imports: [ApiModule, CqrsModule], // bare classes, which Nest mounts once; `forRoot()` would make another bus
      controllers,
      providers: [guardProvider({ identify, origin, audit, strangers, views }), ...providers],
    };
  }
}
