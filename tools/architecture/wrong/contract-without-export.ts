// at libs/ports/src/clock/second.contract.ts // wrong: house/role
export const SECONDS = 60;
