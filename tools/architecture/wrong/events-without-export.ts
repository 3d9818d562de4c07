// at libs/power/src/domain/second.events.ts // wrong: house/role
export type SecondMode = 'soft' | 'hard';
