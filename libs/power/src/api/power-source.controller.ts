import { Controller } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import {
  answered,
  Asker,
  busQuery,
  Exchanged,
  hold,
  Input,
  preferredWait,
  refuse,
  Refused,
  replyHandled,
  replyOperation,
  Route,
  type Exchange,
} from '@drover/api';
import {
  routes,
  type InputOf,
  type Operation,
  type ProblemCode,
  type SourcePoweredOff,
  type SourcePoweredOn,
  type SourcePowerState,
} from '@drover/contracts';
import { isRejection, type Actor, type Rejection } from '@drover/kernel';
import { powerState } from '../application/source/power-state.query.js';
import { sourceEnd, type SourceEnd as End } from '../application/source/source-end.query.js';
import { resolveVm } from '../application/source/resolve-vm.query.js';
import {
  sourceFailure,
  sourceLate,
  sourcePoweredOff,
  sourcePoweredOn,
  sourceRefusal,
} from '../application/source/source-answer.js';
import type { RequestCommand } from './operations.controller.js';
import { PowerOffVm, PowerOnVm } from './power.controller.js';

export const PowerState = busQuery(powerState);
export const ResolveVm = busQuery(resolveVm);
export const SourceEnd = busQuery(sourceEnd);

/** The answer, or the refusal in the source's words. */
const said = <Answer>(answer: Answer | Rejection<ProblemCode>, called: string): Answer => {
  if (isRejection(answer)) throw new Refused(sourceRefusal(answer, called));
  return answer;
};

/** How the source wants a request answered. */
interface ReplyOptions<Success> {
  /** What the client calls the machine. */
  readonly called: string;
  /** Whether the answer is held until the end when the client prefers nothing else. */
  readonly waits: boolean;
  /** The answer to an operation that ended well; null while it runs. */
  readonly success: (end: End, called: string) => Success | null;
}

/** Power in the paths and shapes of the source: found by any alias, read back before it is a success. */
@Controller()
export class PowerSourceController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Route(routes.getSourcePowerState)
  async state(
    @Input() { params, query }: InputOf<typeof routes.getSourcePowerState>,
    @Asker() actor: Actor,
  ): Promise<SourcePowerState> {
    const asked = { called: params.vm_id, ...query };
    return said(await this.queries.execute(new PowerState(asked, actor)), params.vm_id);
  }

  @Route(routes.sourcePowerOff)
  async off(
    @Input() { params: { vm_id: called }, body }: InputOf<typeof routes.sourcePowerOff>,
    @Exchanged() exchange: Exchange,
  ): Promise<SourcePoweredOff | Operation> {
    const { force, timeout: timeoutSeconds = 300, wait_for_shutdown: waits } = body;
    const vmId = await this.found(called, body, exchange.actor);
    const request = new PowerOffVm({ vmId, mode: force ? 'hard' : 'trySoft', timeoutSeconds }, exchange.actor);
    return this.ask(request, { called, waits, success: sourcePoweredOff }, exchange);
  }

  @Route(routes.sourcePowerOn)
  async on(
    @Input() { params: { vm_id: called }, body }: InputOf<typeof routes.sourcePowerOn>,
    @Exchanged() exchange: Exchange,
  ): Promise<SourcePoweredOn | Operation> {
    const { wait_for_tools: waitForTools, timeout: timeoutSeconds } = body;
    const vmId = await this.found(called, body, exchange.actor);
    const within = timeoutSeconds === undefined ? {} : { timeoutSeconds };
    const request = new PowerOnVm({ vmId, waitForTools, ...within }, exchange.actor);
    return this.ask(request, { called, waits: true, success: sourcePoweredOn }, exchange);
  }

  /** The machine of that name. The body may repeat the path's, and say no other. */
  private async found(called: string, { vm_id, vcenter }: { vm_id?: string; vcenter?: string }, actor: Actor) {
    if (vm_id !== undefined && vm_id !== called)
      throw refuse('invalid_request', 'The vm_id of the body is not that of the path. Nothing was sent.', {
        pointer: '/vm_id',
      });
    const asked = { called, ...(vcenter !== undefined && { vcenter }) };
    return said(await this.queries.execute(new ResolveVm(asked, actor)), called).vmId;
  }

  /** Waits for the end, or as long as the client prefers; the answer links the operation in any case. */
  private async ask<Success>(
    request: RequestCommand,
    { called, waits, success }: ReplyOptions<Success>,
    { actor, headers, reply }: Exchange,
  ): Promise<Success | Operation> {
    const { operation, replayed } = said(await this.commands.execute(request), called);
    const waited = preferredWait(headers);
    if (waited === null && !waits) return replyOperation(reply, operation, { replayed });
    hold(reply.raw);
    const seconds = waited === null ? {} : { seconds: waited };
    const end = answered(await this.queries.execute(new SourceEnd({ id: operation.id, ...seconds }, actor)));
    const { operation: ended, late } = end;
    const failure = late ? sourceLate(ended, called) : sourceFailure(ended, called);
    if (failure) {
      replyHandled(reply, { replayed, waited });
      throw new Refused(failure);
    }
    replyOperation(reply, ended, { replayed, waited });
    const done = success(end, called);
    if (!done) return ended;
    reply.code(200);
    return done;
  }
}
