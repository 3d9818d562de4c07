// What the specs of the door stand on. Nothing here is for production.
import { Module, type LoggerService, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiModule } from './api.module.js';
import { guardProvider, type GuardPorts } from './guard/guard-ports.js';
import { httpAdapter } from './server/server.js';
import { unseen, type Telemetry } from './telemetry/telemetry.js';

/** A process that has nothing but a door and these controllers. */
export const bootDoor = async (
  controllers: Type<unknown>[],
  door: GuardPorts,
  logger: LoggerService | false = false,
  telemetry: Telemetry = unseen,
): Promise<NestFastifyApplication> => {
  @Module({ imports: [ApiModule], controllers, providers: [guardProvider(door)] })
  class Mounted {}
  const adapter = await httpAdapter({ allowedHosts: ['localhost:80'], trustedProxies: [], telemetry });
  const app = await NestFactory.create<NestFastifyApplication>(Mounted, adapter, { logger, abortOnError: false });
  return app.init();
};

/** A line of a log, and its level. */
export type SeenLine = Readonly<Record<string, unknown>> & { readonly level: string; readonly msg: string };

/** A telemetry that keeps what it is told: the lines, and each count as `name label,label`. */
export const watched = () => {
  const lines: SeenLine[] = [];
  const counts = new Map<string, number>();
  const writer =
    (level: string) =>
    (msg: string, fields: object = {}) =>
      void lines.push({ ...fields, level, msg });
  const count =
    (name: string) =>
    (labels: object, by = 1) => {
      const key = [name, Object.values(labels).join(',')].join(' ').trim();
      counts.set(key, (counts.get(key) ?? 0) + by);
    };
  const telemetry: Telemetry = {
    log: {
      error: writer('error'),
      warn: writer('warn'),
      info: writer('info'),
      debug: writer('debug'),
      writes: () => true,
    },
    metrics: {
      counter: ({ name }) => ({ add: count(name) }),
      histogram: ({ name }) => ({ observe: (labels) => count(name)(labels) }),
      gauge: () => {},
    },
  };
  return { telemetry, lines, counts };
};
