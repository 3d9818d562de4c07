// at libs/power/src/application/work/look.query.ts // wrong: house/role
export const look = () => null;
