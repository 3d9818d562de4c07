import { Controller, Req, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import {
  answered,
  Asker,
  busQuery,
  Input,
  replyPage,
  RequestHeaders,
  Route,
  type Reply,
  type Request,
} from '@drover/api';
import { namesEtag, routes, type FleetSummary, type InputOf, type Page, type Vm } from '@drover/contracts';
import type { Actor } from '@drover/kernel';
import { getFleet } from '../application/fleet/get-fleet.query.js';
import { getVm } from '../application/fleet/get-vm.query.js';
import { listVms } from '../application/fleet/list-vms.query.js';
import { lookupVm } from '../application/fleet/lookup-vm.query.js';

/** The queries as the bus carries them. */
export const ListVms = busQuery(listVms);
export const LookupVm = busQuery(lookupVm);
export const GetVm = busQuery(getVm);
export const GetFleet = busQuery(getFleet);

type Headers = Readonly<Record<string, string | undefined>>;

/** The fleet over HTTP, read from the views. */
@Controller()
export class VmsController {
  constructor(private readonly queries: QueryBus) {}

  /** A page, or 304 when nothing happened since the client's own. */
  @Route(routes.listVms)
  async list(
    @Input() { query }: InputOf<typeof routes.listVms>,
    @Asker() actor: Actor,
    @Req() request: Request,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<Page<Partial<Vm>> | undefined> {
    const ifNoneMatch = request.headers['if-none-match'];
    const asked = { ...query, ...(ifNoneMatch !== undefined && { ifNoneMatch }) };
    const { etag, page } = answered(await this.queries.execute(new ListVms(asked, actor)));
    reply.header('ETag', etag);
    if (page) return replyPage(reply, request, page);
    reply.code(304);
    return undefined;
  }

  @Route(routes.lookupVm)
  async lookup(
    @Input() { query }: InputOf<typeof routes.lookupVm>,
    @Asker() actor: Actor,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<Vm> {
    const vm = answered(await this.queries.execute(new LookupVm(query, actor)));
    if (!vm.stale) reply.header('ETag', vm.version);
    return vm;
  }

  /**
   * A machine that is stale, past or just read has no ETag: the version of its facts does not tell such answers apart.
   */
  @Route(routes.getVm)
  async get(
    @Input() { params, query }: InputOf<typeof routes.getVm>,
    @Asker() actor: Actor,
    @RequestHeaders() headers: Headers,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<Vm | undefined> {
    const vm = answered(await this.queries.execute(new GetVm({ ...params, ...query }, actor)));
    if (vm.stale || query.at || query.version || query.fresh) return vm;
    reply.header('ETag', vm.version);
    if (!namesEtag(headers['if-none-match'], vm.version)) return vm;
    reply.code(304);
    return undefined;
  }

  @Route(routes.getFleet)
  async fleet(@Asker() actor: Actor): Promise<FleetSummary> {
    return answered(await this.queries.execute(new GetFleet({}, actor)));
  }
}
