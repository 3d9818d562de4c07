// Nobody reads less than they were told. An interceptor of the routes that tell of operations or take `min-position`: before
// the handler it waits for the place that was asked for, after it until the views show the end that the answer says.
// Never: an answer of what was done withheld because views are behind. It goes out, with `Drover-View: behind`.
import { Inject, Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { hasEnded, isService, tellsOperations, type Operation, type RouteDefinition } from '@drover/contracts';
import { OperationId } from '@drover/kernel';
import { catchError, mergeMap, type Observable } from 'rxjs';
import { GUARD_PORTS, type GuardPorts } from '../guard/guard-ports.js';
import type { ReadViews } from './read-views.js';
import { answered, Refused } from './refused.js';
import type { Reply, Request } from '../routes/request.js';
import { RouteRule } from '../routes/route-rule.js';
import { complainOfStore } from './store-complaints.js';

const MIN_POSITION = 'min-position';

const takesPosition = ({ query }: RouteDefinition) => MIN_POSITION in (query?.shape ?? {});

/** Whether answers of a route have to do with the views. */
export const readsViews = (route: RouteDefinition) => tellsOperations(route) || takesPosition(route);

const isOperation = (answer: unknown): answer is Operation =>
  typeof answer === 'object' && answer !== null && 'nextActions' in answer;
/** Whether an answer says how an operation ended, or one of the items of a bulk. */
const saysAnEnd = (answer: unknown) =>
  !isOperation(answer) || hasEnded(answer) || (answer.items ?? []).some((item) => hasEnded(item));
const idIn = (path: string | undefined) => {
  const { success, data } = OperationId.schema.safeParse(path?.split('/').pop());
  return success ? data : undefined;
};

/**
 * Nobody reads less than they were told: an answer that says how an operation ended waits until reads show it, and says so
 * when they do not in time; a read can ask for a place in the journal that it must show.
 */
@Injectable()
export class ConsistencyInterceptor implements NestInterceptor {
  constructor(
    @Inject(GUARD_PORTS) private readonly door: GuardPorts,
    private readonly reflector: Reflector,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const http = context.switchToHttp();
    const [request, reply] = [http.getRequest<Request>(), http.getResponse<Reply>()];
    const route = this.reflector.get(RouteRule, context.getHandler());
    const { views } = this.door;
    if (takesPosition(route)) await this.reach(request, views);
    if (!views || !tellsOperations(route) || request.actor?.dryRun) return next.handle();
    return next.handle().pipe(
      mergeMap(async (answer: unknown) => {
        if (!saysAnEnd(answer)) return answer;
        const id = isOperation(answer) ? answer.id : idIn(request.params['id']);
        const position = await this.shown(route, id, reply, views);
        return position !== null && isOperation(answer) && hasEnded(answer) ? { ...answer, position } : answer;
      }),
      catchError(async (error: unknown) => {
        const id = error instanceof Refused ? idIn(error.problem.links['operation']) : undefined;
        if (id !== undefined) await this.shown(route, id, reply, views);
        throw error;
      }),
    );
  }

  /** Waits for the place that a read must show; nobody behind the door sees that it was asked for. */
  private async reach(request: Request, views: ReadViews | undefined) {
    const { query = {}, ...input } = request.input ?? {};
    const { [MIN_POSITION]: position, ...asked } = query as Record<string, unknown>;
    Object.assign(request, { input: { ...input, query: asked } });
    if (views && typeof position === 'string') answered(await views.reached(position));
  }

  /** Where the views show the end; null, and said in the header, when they do not. */
  private async shown({ owner }: RouteDefinition, id: OperationId | undefined, reply: Reply, views: ReadViews) {
    const service = id === undefined ? owner : OperationId.service(id);
    if (!isService(service)) return null;
    // What was done stays done, whether or not a view can be read: the answer says that reads may not show it.
    const found = await views.after(service, id).catch((error: unknown) => {
      if (!complainOfStore(error)) throw error;
      return null;
    });
    if (!found) reply.header('Drover-View', 'behind');
    return found?.position ?? null;
  }
}
