// Turns the answer of an owner into the machine as reads show it. Never: a machine shown by its owner, who does not know
// what other services tell of it.
import { Inject, Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Vm, type RouteDefinition, type VmChange } from '@drover/contracts';
import { mergeMap, type Observable } from 'rxjs';
import { GUARD_PORTS, type GuardPorts } from '../guard/guard-ports.js';
import type { Reply, Request } from '../routes/request.js';

/** Whether a route answers with a machine that its owner changed. */
export const answersWithVm = ({ owner, answers }: RouteDefinition) =>
  owner !== 'gateway' && Object.values(answers).includes(Vm);

/**
 * Owners answer with what they changed, and do not know how it is shown: here the answer becomes the machine with its
 * ETag, or 202 and where to find it, while its view is not there yet.
 */
@Injectable()
export class VmAnswers implements NestInterceptor {
  constructor(@Inject(GUARD_PORTS) private readonly door: GuardPorts) {}

  intercept(context: ExecutionContext, next: CallHandler<VmChange>): Observable<Partial<Vm>> {
    const http = context.switchToHttp();
    const [request, reply] = [http.getRequest<Request>(), http.getResponse<Reply>()];
    return next.handle().pipe(mergeMap((change) => this.shown(change, request.actor?.dryRun === true, reply)));
  }

  private async shown({ vmId, sequence, events, replayed }: VmChange, dryRun: boolean, reply: Reply) {
    const { vms } = this.door;
    const vm = dryRun ? await vms?.preview(vmId, events) : await vms?.after(vmId, sequence);
    if (replayed) reply.header('Idempotency-Replayed', 'true');
    if (vm) reply.header('ETag', vm.version);
    else reply.code(202);
    reply.header('Location', `/api/v1/vms/${vmId}`);
    return vm ?? { id: vmId };
  }
}
