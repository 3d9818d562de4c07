// at libs/infrastructure/sqlite/src/event-store/event-store.sqlite.ts
export const now = () => Date.now(); // wrong: no-restricted-syntax
export const today = () => new Date(); // wrong: no-restricted-syntax
export const read = (text: string) => new Date(text);
