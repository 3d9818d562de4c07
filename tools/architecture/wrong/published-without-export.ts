// at libs/power/src/application/second.published.ts // wrong: house/role
export const told = ['second'];
