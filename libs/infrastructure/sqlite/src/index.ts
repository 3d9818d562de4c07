export type { AnchorOptions } from './anchor.sqlite.js';
export { FileRefused } from './database.sqlite.js';
export { sqliteEventStore, type SqliteEventStore, type SqliteEventStoreOptions } from './event-store.sqlite.js';
export { sqliteJournal, type SqliteJournal } from './journal.sqlite.js';
export { sqliteViewStore, type SqliteViewStore } from './view-store.sqlite.js';
