// What Nest must mount once for all doors: the table of routes, readiness, and the filter that makes problems of errors.
// Never: anything of one capability, or an option; a second variant would be mounted beside the first.
import { Module } from '@nestjs/common';
import { APP_FILTER, DiscoveryModule } from '@nestjs/core';
import { ProblemFilter } from './answers/problem.filter.js';
import { Readiness } from './health/readiness.js';
import { RouteTable } from './routes/routes.js';

/** What every capability's door shares. Import the bare class: Nest mounts it once, however many import it. */
@Module({
  imports: [DiscoveryModule],
  providers: [RouteTable, Readiness, { provide: APP_FILTER, useClass: ProblemFilter }],
  exports: [RouteTable, Readiness],
})
export class ApiModule {}
