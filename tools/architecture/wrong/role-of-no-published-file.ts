// at libs/power/src/application/work/second-words.ts
import type { Publish } from '@drover/ports';

export const told: Publish = () => null; // wrong: house/role
