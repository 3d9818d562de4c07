export { acceptLoss } from './accept-loss.sqlite.js';
export type { AnchorOptions } from './anchor.sqlite.js';
export type { Folders } from './data-files.sqlite.js';
export { openDataStores, type DataStores, type StoreNotes } from './data-stores.sqlite.js';
export { FileRefused } from './database.sqlite.js';
export { sqliteEventStore, type SqliteEventStore, type SqliteEventStoreOptions } from './event-store.sqlite.js';
export { sqliteJournal, type SqliteJournal } from './journal.sqlite.js';
export { verifyStores } from './verify.sqlite.js';
export { sqliteViewStore, type SqliteViewStore } from './view-store.sqlite.js';
