import { Module } from '@nestjs/common';
import { APP_FILTER, DiscoveryModule } from '@nestjs/core';
import { ProblemFilter } from './problem.filter.js';
import { Readiness } from './readiness.js';
import { RouteTable } from './routes.js';

/** What every capability's door shares. Import the bare class: Nest mounts it once, however many import it. */
@Module({
  imports: [DiscoveryModule],
  providers: [RouteTable, Readiness, { provide: APP_FILTER, useClass: ProblemFilter }],
  exports: [RouteTable, Readiness],
})
export class ApiModule {}
