// at libs/power/src/api/second.module.ts // wrong: house/role
export class SecondModule {}
