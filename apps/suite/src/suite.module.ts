import { Module, type DynamicModule } from '@nestjs/common';

/** All services in one process: each brings its own controllers, no proxy stands before them. */
@Module({})
export class SuiteModule {
  static with(modules: readonly DynamicModule[]): DynamicModule {
    return { module: SuiteModule, imports: [...modules] };
  }
}
