// Puts the routes of health behind the guard that stands before all others. What is checked comes in as a value. Never: a
// check that is written here; each part of the process knows its own.
import { Module, type DynamicModule } from '@nestjs/common';
import { ApiModule } from '../api.module.js';
import { guardProvider, type GuardPorts } from '../guard/guard-ports.js';
import { HEALTH_CHECKS, HealthController, type HealthChecks } from './health.controller.js';

/** Mounts the health routes. */
@Module({})
export class HealthModule {
  static with(door: GuardPorts, checks: HealthChecks): DynamicModule {
    return {
      module: HealthModule,
      imports: [ApiModule],
      controllers: [HealthController],
      providers: [guardProvider(door), { provide: HEALTH_CHECKS, useValue: checks }],
    };
  }
}
