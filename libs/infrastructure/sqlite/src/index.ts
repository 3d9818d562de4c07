export { acceptLoss } from './data/accept-loss.sqlite.js';
export type { AnchorOptions } from './event-store/anchor.sqlite.js';
export type { Folders } from './data/data-files.sqlite.js';
export { openDataStores, type DataStores, type DirectoryNotes } from './data/data-stores.sqlite.js';
export { FileRefused } from './file/database.sqlite.js';
export {
  sqliteEventStore,
  type SqliteEventStore,
  type SqliteEventStoreOptions,
} from './event-store/event-store.sqlite.js';
export { sqliteJournal, type SqliteJournal } from './journal/journal.sqlite.js';
export { verifyStores } from './data/verify.sqlite.js';
export { sqliteViewStore, type SqliteViewStore } from './views/view-store.sqlite.js';
export { sqliteWorkStore, type SqliteWorkStore } from './work/work-store.sqlite.js';
