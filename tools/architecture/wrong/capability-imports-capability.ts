// at libs/power/src/application/work/other.ts
import { InventoryModule } from '@drover/inventory'; // wrong: @nx/enforce-module-boundaries
export const used = InventoryModule;
