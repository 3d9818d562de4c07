import { Controller, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { answered, Asker, busCommand, Input, Route, type Reply } from '@drover/api';
import { routes, type InputOf, type Vm } from '@drover/contracts';
import type { Actor } from '@drover/kernel';
import { editVm } from '../application/machines/edit-vm.command.js';
import { registerVm } from '../application/machines/register-vm.command.js';
import { retireVm } from '../application/machines/retire-vm.command.js';
import type { ShownVm } from '../application/machines/shown-vm.js';

/** The commands as the bus carries them. */
export const RegisterVm = busCommand(registerVm);
export const EditVm = busCommand(editVm);
export const RetireVm = busCommand(retireVm);

/** The machine with its ETag; 202 and its id alone while its view is not there yet. */
const reply = (to: Reply, { vmId, vm, replayed }: ShownVm): Partial<Vm> => {
  if (replayed) to.header('Idempotency-Replayed', 'true');
  if (vm) to.header('ETag', vm.version);
  else to.code(202);
  to.header('Location', `/api/v1/vms/${vmId}`);
  return vm ?? { id: vmId };
};

/** Machines over HTTP, as far as inventory decides on them. A method parses, asks, answers. */
@Controller()
export class VmsController {
  constructor(private readonly commands: CommandBus) {}

  @Route(routes.registerVm)
  async register(
    @Input() { body }: InputOf<typeof routes.registerVm>,
    @Asker() actor: Actor,
    @Res({ passthrough: true }) to: Reply,
  ) {
    return reply(to, answered(await this.commands.execute(new RegisterVm(body, actor))));
  }

  @Route(routes.editVm)
  async edit(
    @Input() { params, body }: InputOf<typeof routes.editVm>,
    @Asker() actor: Actor,
    @Res({ passthrough: true }) to: Reply,
  ) {
    return reply(to, answered(await this.commands.execute(new EditVm({ ...body, vmId: params.id }, actor))));
  }

  @Route(routes.retireVm)
  async retire(
    @Input() { params }: InputOf<typeof routes.retireVm>,
    @Asker() actor: Actor,
    @Res({ passthrough: true }) to: Reply,
  ) {
    return reply(to, answered(await this.commands.execute(new RetireVm({ vmId: params.id }, actor))));
  }
}
