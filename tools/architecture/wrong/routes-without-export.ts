// at libs/power/src/api/second.routes.ts // wrong: house/role
export const SECONDS = 60;
