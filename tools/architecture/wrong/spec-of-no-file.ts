// at libs/power/src/application/work/power-slow.policy.spec.ts // wrong: house/file-name
export const slow = 1;
