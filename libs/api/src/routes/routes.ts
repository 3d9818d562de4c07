// How a route of the catalogue becomes a method of a controller, with its guard and interceptors, and the table of all that are
// mounted. Never: a method at an address that is not in the catalogue. It stops the boot.
import {
  applyDecorators,
  HttpCode,
  Injectable,
  RequestMapping,
  RequestMethod,
  UseGuards,
  UseInterceptors,
  type OnModuleInit,
} from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { RouteConstraints } from '@nestjs/platform-fastify';
import { routes, type RouteDefinition, type Service } from '@drover/contracts';
import { RequestGuard } from '../guard/request.guard.js';
import { readsViews, ConsistencyInterceptor } from '../answers/consistency.js';
import { RouteRule } from './route-rule.js';
import { answersWithVm, VmAnswers } from '../answers/vm-answers.js';

/**
 * Mounts a method at a route of the catalogue: address, status and the door that checks by its rule. `service` for an
 * address that several services answer: each takes the operations whose id begins with its name.
 */
export const Route = (route: RouteDefinition, service?: Service) =>
  applyDecorators(
    RequestMapping({ path: route.path.replace(/\{(\w+)\}/g, ':$1'), method: RequestMethod[route.method] }),
    HttpCode(route.status ?? 200),
    RouteRule(route),
    UseGuards(RequestGuard),
    ...(readsViews(route) ? [UseInterceptors(ConsistencyInterceptor)] : []),
    ...(answersWithVm(route) ? [UseInterceptors(VmAnswers)] : []),
    ...(service ? [RouteConstraints({ owner: service })] : []),
  );

/** An address of the catalogue as a pattern: a name in braces stands for anything but a slash. */
const patternOf = ({ path }: RouteDefinition) =>
  new RegExp(`^${path.replace(/[.*]/g, '\\$&').replace(/\{\w+\}/g, '[^/]+')}$`);

/** Every route of the process, read once at boot. A method with an address of its own, past the catalogue, stops the boot. */
@Injectable()
export class RouteTable implements OnModuleInit {
  readonly rows: RouteDefinition[] = [];
  private readonly patterns: (readonly [pattern: RegExp, method: string])[] = [];
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  onModuleInit() {
    for (const { metatype } of this.discovery.getControllers()) {
      if (!metatype) continue;
      const methods = metatype.prototype as Readonly<Record<string, () => unknown>>;
      for (const name of this.scanner.getAllMethodNames(methods)) {
        const handler = methods[name];
        if (!handler || Reflect.getMetadata(METHOD_METADATA, handler) === undefined) continue;
        const rule = this.reflector.get(RouteRule, handler);
        const path: unknown = Reflect.getMetadata(PATH_METADATA, handler);
        if (!rule)
          throw new Error(
            `${metatype.name}.${name} (${String(path)}) states no rights: add it to contracts/src/http/routes.ts and write @Route(routes.…) above it`,
          );
        this.rows.push(rule);
        this.patterns.push([patternOf(rule), rule.method]);
      }
    }
  }

  /**
   * Throws unless every route of these owners is mounted, and those that every process answers: a process that lacks a
   * capability would answer 404 for all that it is there for.
   */
  requireAllOf(owners: readonly RouteDefinition['owner'][]) {
    const own: typeof owners = [...owners, 'every'];
    const missing = Object.values<RouteDefinition>(routes).filter(
      (route) => own.includes(route.owner) && !this.rows.includes(route),
    );
    const of = [...new Set(missing.map(({ owner }) => owner))].join(', ');
    if (missing.length > 0)
      throw new Error(
        `Nothing answers ${missing.map(({ method, path }) => `${method} ${path}`).join(', ')}. Mount what owns them: ${of}.`,
      );
  }

  /** The methods that an address takes; none where nothing is. */
  methodsAt(path: string): readonly string[] {
    const methods = this.patterns.filter(([pattern]) => pattern.test(path)).map(([, method]) => method);
    return [...new Set(methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))].sort();
  }
}
