// at libs/infrastructure/sqlite/src/event-store/words.sqlite.ts
/** A name is no sentence. */
export const name = 'facts';
export const file = (service: string) => `${service}/facts.db`;
export const because = 'its facts make no sense'; // wrong: house/words
export const what = (path: string) => `the facts at ${path}`; // wrong: house/words
export const check = (service: string) => `${service} facts`; // wrong: house/words
