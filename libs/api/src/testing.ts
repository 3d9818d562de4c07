// What the specs of the door stand on. Nothing here is for production.
import { Module, type LoggerService, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiModule } from './api.module.js';
import { guardProvider, type GuardPorts } from './guard-ports.js';
import { httpAdapter } from './server.js';

/** A process that has nothing but a door and these controllers. */
export const bootDoor = async (
  controllers: Type<unknown>[],
  door: GuardPorts,
  logger: LoggerService | false = false,
): Promise<NestFastifyApplication> => {
  @Module({ imports: [ApiModule], controllers, providers: [guardProvider(door)] })
  class Mounted {}
  const adapter = await httpAdapter({ allowedHosts: ['localhost:80'], trustedProxies: [] });
  const app = await NestFactory.create<NestFastifyApplication>(Mounted, adapter, { logger, abortOnError: false });
  return app.init();
};
