// at libs/power/src/application/other.ts
import { InventoryModule } from '@drover/inventory'; // wrong: @nx/enforce-module-boundaries
export const used = InventoryModule;
