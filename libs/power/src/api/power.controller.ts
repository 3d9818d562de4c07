import { Controller, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { answered, Asker, busCommand, Input, RequestHeaders, Route, type Reply, type Request } from '@drover/api';
import { routes, type InputOf, type Operation } from '@drover/contracts';
import type { Actor } from '@drover/kernel';
import { powerOffVm } from '../application/commands/power-off-vm.command.js';
import { powerOnVm } from '../application/commands/power-on-vm.command.js';
import { restartVm } from '../application/commands/restart-vm.command.js';
import { startBulk } from '../application/commands/start-bulk.command.js';
import { follow } from './operation.controller.js';

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
  async off(
    @Input() { params, body }: InputOf<typeof routes.powerOff>,
    @Asker() actor: Actor,
    @RequestHeaders() headers: Request['headers'],
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<Operation> {
    const asked = answered(await this.commands.execute(new PowerOffVm({ vmId: params.id, ...body }, actor)));
    return follow(this.queries, asked, { actor, headers, reply });
  }

  @Route(routes.powerOn)
  async on(
    @Input() { params, body }: InputOf<typeof routes.powerOn>,
    @Asker() actor: Actor,
    @RequestHeaders() headers: Request['headers'],
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<Operation> {
    const asked = answered(await this.commands.execute(new PowerOnVm({ vmId: params.id, ...body }, actor)));
    return follow(this.queries, asked, { actor, headers, reply });
  }

  @Route(routes.restart)
  async restart(
    @Input() { params, body }: InputOf<typeof routes.restart>,
    @Asker() actor: Actor,
    @RequestHeaders() headers: Request['headers'],
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<Operation> {
    const asked = answered(await this.commands.execute(new RestartVm({ vmId: params.id, ...body }, actor)));
    return follow(this.queries, asked, { actor, headers, reply });
  }

  @Route(routes.bulkPowerOff)
  async bulkOff(
    @Input() { body }: InputOf<typeof routes.bulkPowerOff>,
    @Asker() actor: Actor,
    @RequestHeaders() headers: Request['headers'],
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<Operation> {
    const asked = answered(await this.commands.execute(new StartBulk({ action: 'power-off', ...body }, actor)));
    return follow(this.queries, asked, { actor, headers, reply });
  }

  @Route(routes.bulkPowerOn)
  async bulkOn(
    @Input() { body }: InputOf<typeof routes.bulkPowerOn>,
    @Asker() actor: Actor,
    @RequestHeaders() headers: Request['headers'],
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<Operation> {
    const asked = answered(await this.commands.execute(new StartBulk({ action: 'power-on', ...body }, actor)));
    return follow(this.queries, asked, { actor, headers, reply });
  }

  @Route(routes.bulkRestart)
  async bulkRestart(
    @Input() { body }: InputOf<typeof routes.bulkRestart>,
    @Asker() actor: Actor,
    @RequestHeaders() headers: Request['headers'],
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<Operation> {
    const asked = answered(await this.commands.execute(new StartBulk({ action: 'restart', ...body }, actor)));
    return follow(this.queries, asked, { actor, headers, reply });
  }
}
