import { Controller, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import {
  answered,
  Asker,
  busQuery,
  Input,
  preferredWait,
  refuse,
  Refused,
  replyOperation,
  RequestHeaders,
  Route,
  type Reply,
  type Request,
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
import { isRejection, type Actor, type Rejection, type VmId } from '@drover/kernel';
import { secondsOn } from '../application/commands/power-on-vm.command.js';
import { powerState } from '../application/queries/power-state.query.js';
import { resolveVm } from '../application/queries/resolve-vm.query.js';
import {
  sourceFailure,
  sourcePoweredOff,
  sourcePoweredOn,
  sourceRefusal,
} from '../application/queries/source-answer.query.js';
import { WaitForOperation, type Exchange } from './operation.controller.js';
import { PowerOffVm, PowerOnVm } from './power.controller.js';

export const PowerState = busQuery(powerState);
export const ResolveVm = busQuery(resolveVm);

/** What is left over the time-out for the last look and the record. */
const MARGIN_SECONDS = 5;

/** What the path names, what the body says of it, and how long the client waits. */
interface Asked extends Exchange {
  readonly called: string;
  readonly vcenter: string | undefined;
  /** Null: it does not wait. */
  readonly seconds: number | null;
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
    return this.said(await this.queries.execute(new PowerState(asked, actor)), params.vm_id);
  }

  @Route(routes.sourcePowerOff)
  async off(
    @Input() { params, body }: InputOf<typeof routes.sourcePowerOff>,
    @Asker() actor: Actor,
    @RequestHeaders() headers: Request['headers'],
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<SourcePoweredOff | Operation> {
    const { force, timeout: timeoutSeconds = 300, wait_for_shutdown: waits, vcenter } = body;
    const asked = {
      called: this.named(params.vm_id, body.vm_id),
      vcenter,
      seconds: waits ? timeoutSeconds : null,
      actor,
      headers,
      reply,
    };
    const vmId = await this.found(asked);
    const wish = new PowerOffVm({ vmId, mode: force ? 'hard' : 'trySoft', timeoutSeconds }, actor);
    const operation = await this.waited(await this.commands.execute(wish), asked);
    return sourcePoweredOff({ vmId: params.vm_id }, operation) ?? operation;
  }

  @Route(routes.sourcePowerOn)
  async on(
    @Input() { params, body }: InputOf<typeof routes.sourcePowerOn>,
    @Asker() actor: Actor,
    @RequestHeaders() headers: Request['headers'],
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<SourcePoweredOn | Operation> {
    const { wait_for_tools: waitForTools, timeout, vcenter } = body;
    const timeoutSeconds = secondsOn(waitForTools, timeout);
    const asked = {
      called: this.named(params.vm_id, body.vm_id),
      vcenter,
      seconds: timeoutSeconds,
      actor,
      headers,
      reply,
    };
    const vmId = await this.found(asked);
    const operation = await this.waited(
      await this.commands.execute(new PowerOnVm({ vmId, waitForTools, timeoutSeconds }, actor)),
      asked,
    );
    return sourcePoweredOn({ vmId: params.vm_id }, operation) ?? operation;
  }

  /** The name in the path; the body may repeat it, and nothing else. */
  private named(inPath: string, inBody: string | undefined) {
    if (inBody !== undefined && inBody !== inPath)
      throw refuse('invalid_request', 'The vm_id of the body is not that of the path. Nothing was sent.');
    return inPath;
  }

  /** The answer, or the refusal in the source's words. */
  private said<Answer>(answer: Answer | Rejection<ProblemCode>, called: string): Answer {
    if (isRejection(answer)) throw new Refused(sourceRefusal(answer, { vmId: called }));
    return answer;
  }

  private async found({ called, vcenter, actor }: Asked): Promise<VmId> {
    const selector = vcenter === undefined ? {} : { vcenter };
    return this.said(await this.queries.execute(new ResolveVm({ called, ...selector }, actor)), called).vmId;
  }

  /** Waits for the end, the client's time-out, or as long as it prefers; the answer links the operation in any case. */
  private async waited(
    asked: { operation: Operation; replayed: boolean } | Rejection<ProblemCode>,
    { called, seconds, actor, headers, reply }: Asked,
  ): Promise<Operation> {
    const { operation, replayed } = this.said(asked, called);
    const waited = preferredWait(headers);
    const hold = waited ?? (seconds === null ? null : seconds + MARGIN_SECONDS);
    if (hold === null) return replyOperation(reply, operation, { replayed });
    const ended = answered(
      await this.queries.execute(new WaitForOperation({ id: operation.id, seconds: hold, settled: false }, actor)),
    );
    const failure = sourceFailure(ended, { vmId: called });
    if (failure) throw new Refused(failure);
    replyOperation(reply, ended, { replayed, waited });
    if (ended.state === 'succeeded') reply.code(200);
    return ended;
  }
}
