// at libs/ports/src/clock/second.memory.ts // wrong: house/role
export const SECONDS = 60;
