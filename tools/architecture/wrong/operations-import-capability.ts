// at libs/operations/src/record.ts
import { PowerModule } from '@drover/power'; // wrong: @nx/enforce-module-boundaries
import { sqliteEventStore } from '@drover/sqlite'; // wrong: @nx/enforce-module-boundaries
export const used: unknown[] = [PowerModule, sqliteEventStore];
