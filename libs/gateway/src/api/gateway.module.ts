import { Module, type DynamicModule } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { ApiModule, guardProvider, liveStreams } from '@drover/api';
import type { Flows } from '@drover/ports';
import type { GatewayUseCases } from '../application/gateway.use-cases.js';
import { AuthController, GetSession, GetUser, HOME, ReadWelcome, SignInByLink, SignOut } from './auth.controller.js';
import {
  DeadLettersController,
  DiscardDeadLetter,
  GetDeadLetter,
  ListDeadLetters,
  ReplayDeadLetter,
} from './dead-letters.controller.js';
import { DocsController, ReadDocsAsset, ReadDocsPage, ReadDocument, ReadProblem } from './docs.controller.js';
import { EventsController, GetVmHistory, ListEvents } from './events.controller.js';
import { LIVE_STREAMS, LiveController, StreamEvents, type LiveStreams } from './live.controller.js';
import { ListOperations, OperationsController } from './operations.controller.js';
import { GetFleet, GetVm, ListVms, LookupVm, VmsController } from './vms.controller.js';

/** Mounts the gateway in a Nest application. */
@Module({})
export class GatewayModule {
  /** Of use cases that are there already: other modules ask the same ones who somebody is and what the fleet shows. */
  static with(gateway: GatewayUseCases, flows: Flows): DynamicModule {
    const { audit, strangers, identify, origin, home, feed, reads: views } = gateway;
    const { clock, report, topicsOf, share } = feed;
    const streams: LiveStreams = liveStreams({ clock, report, topicsOf, share, server: 'gateway' });
    feed.streams = streams;
    flows.add(gateway.flow);
    return {
      module: GatewayModule,
      imports: [ApiModule, CqrsModule], // bare classes, which Nest mounts once; `forRoot()` would make another bus
      controllers: [
        VmsController,
        OperationsController,
        EventsController,
        DeadLettersController,
        LiveController,
        AuthController,
        DocsController,
      ],
      providers: [
        guardProvider({ identify, origin, audit, strangers, views }),
        { provide: HOME, useValue: home },
        { provide: LIVE_STREAMS, useValue: streams },
        ListVms.handledBy(gateway.listVms),
        LookupVm.handledBy(gateway.lookupVm),
        GetVm.handledBy(gateway.getVm),
        GetVmHistory.handledBy(gateway.getVmHistory),
        GetFleet.handledBy(gateway.getFleet),
        ListOperations.handledBy(gateway.listOperations),
        ListEvents.handledBy(gateway.listEvents),
        StreamEvents.handledBy(gateway.streamEvents),
        ListDeadLetters.handledBy(gateway.listDeadLetters),
        GetDeadLetter.handledBy(gateway.getDeadLetter),
        ReplayDeadLetter.handledBy(gateway.replayDeadLetter),
        DiscardDeadLetter.handledBy(gateway.discardDeadLetter),
        SignInByLink.handledBy(gateway.signInByLink),
        SignOut.handledBy(gateway.signOut),
        GetSession.handledBy(gateway.getSession),
        GetUser.handledBy(gateway.getUser),
        ReadWelcome.handledBy(gateway.readWelcome),
        ReadDocsPage.handledBy(gateway.readDocsPage),
        ReadDocsAsset.handledBy(gateway.readDocsAsset),
        ReadDocument.handledBy(gateway.readDocument),
        ReadProblem.handledBy(gateway.readProblem),
      ],
    };
  }
}
