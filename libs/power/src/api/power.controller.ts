import { Controller } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { busCommand, Exchanged, follow, Input, Route, type Exchange } from '@drover/api';
import { routes, type InputOf } from '@drover/contracts';
import { powerOffVm } from '../application/requests/power-off-vm.command.js';
import { powerOnVm } from '../application/requests/power-on-vm.command.js';
import { restartVm } from '../application/requests/restart-vm.command.js';
import { startBulk } from '../application/bulk/start-bulk.command.js';
import { holding, type RequestCommand } from './operations.controller.js';

export const PowerOffVm = busCommand(powerOffVm);
export const PowerOnVm = busCommand(powerOnVm);
export const RestartVm = busCommand(restartVm);
export const StartBulk = busCommand(startBulk);

/** Power over HTTP, in Drover's own shapes. The rules are elsewhere: a method asks, and says the answer. */
@Controller()
export class PowerController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Route(routes.powerOff)
  off(@Input() { params, body }: InputOf<typeof routes.powerOff>, @Exchanged() exchange: Exchange) {
    return this.ask(new PowerOffVm({ vmId: params.id, ...body }, exchange.actor), exchange);
  }

  @Route(routes.powerOn)
  on(@Input() { params, body }: InputOf<typeof routes.powerOn>, @Exchanged() exchange: Exchange) {
    return this.ask(new PowerOnVm({ vmId: params.id, ...body }, exchange.actor), exchange);
  }

  @Route(routes.restart)
  restart(@Input() { params, body }: InputOf<typeof routes.restart>, @Exchanged() exchange: Exchange) {
    return this.ask(new RestartVm({ vmId: params.id, ...body }, exchange.actor), exchange);
  }

  @Route(routes.bulkPowerOff)
  bulkOff(@Input() { body }: InputOf<typeof routes.bulkPowerOff>, @Exchanged() exchange: Exchange) {
    return this.ask(new StartBulk({ action: 'power-off', ...body }, exchange.actor), exchange);
  }

  @Route(routes.bulkPowerOn)
  bulkOn(@Input() { body }: InputOf<typeof routes.bulkPowerOn>, @Exchanged() exchange: Exchange) {
    return this.ask(new StartBulk({ action: 'power-on', ...body }, exchange.actor), exchange);
  }

  @Route(routes.bulkRestart)
  bulkRestart(@Input() { body }: InputOf<typeof routes.bulkRestart>, @Exchanged() exchange: Exchange) {
    return this.ask(new StartBulk({ action: 'restart', ...body }, exchange.actor), exchange);
  }

  /** 202 and the operation, to be followed at its Location. */
  private async ask(request: RequestCommand, exchange: Exchange) {
    return follow(await this.commands.execute(request), exchange, holding(this.queries));
  }
}
