import { Module, type DynamicModule } from '@nestjs/common';
import { ApiModule } from './api.module.js';
import { doorProvider, type Door } from './door.js';
import { HEALTH_CHECKS, HealthController, type HealthChecks } from './health.controller.js';

/** Mounts the health routes. */
@Module({})
export class HealthModule {
  static with(door: Door, checks: HealthChecks): DynamicModule {
    return {
      module: HealthModule,
      imports: [ApiModule],
      controllers: [HealthController],
      providers: [doorProvider(door), { provide: HEALTH_CHECKS, useValue: checks }],
    };
  }
}
