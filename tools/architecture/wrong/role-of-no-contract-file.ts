// at libs/ports/src/clock/second-laws.ts
import { memoryJobQueue, type ClockBench, type Laws } from './second-clock.js';

export const secondLaws = {} satisfies Laws<ClockBench>; // wrong: house/role
export const memoryClock = () => memoryJobQueue; // wrong: house/role
