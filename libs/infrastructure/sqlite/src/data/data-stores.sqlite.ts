// All stores of a data directory, opened together, because they must belong together: each store is compared with what its
// readers, its anchor and the directory know of it. What was read from another store, or before a loss was accepted, is dropped
// and grown again. Never: facts that are dropped; only what was grown from them.
import { existsSync } from 'node:fs';
import type { Service } from '@drover/contracts';
import type { ProcessRunId } from '@drover/kernel';
import { isParkedKind, leasesOn, type Clock, type Leases } from '@drover/ports';
import {
  beside,
  filesOf,
  grownFiles,
  removeBeside,
  servicesOf,
  swapIn,
  witnessesIn,
  type Folders,
  type Witness,
} from './data-files.sqlite.js';
import { fileRefusal, type FileKind } from '../file/database.sqlite.js';
import { sqliteEventStore, type SqliteEventStore } from '../event-store/event-store.sqlite.js';
import { journalFile } from '../journal/journal-file.sqlite.js';
import { sqliteJournal, type SqliteJournal } from '../journal/journal.sqlite.js';
import type { KnownStore } from '../event-store/lacks.sqlite.js';
import { lacksParked, type Grown, type StoreName, type WorkName } from './origins.sqlite.js';
import { sqliteViewStore, type SqliteViewStore } from '../views/view-store.sqlite.js';
import { viewsFile } from '../views/views-file.sqlite.js';
import { copyWorkRows, sqliteWorkStore, type SqliteWorkStore } from '../work/work-store.sqlite.js';

/** What a data directory notes of its stores. */
export interface DirectoryNotes {
  of(service: string): (StoreName & { readonly head: number }) | null;
  write(stores: Readonly<Record<string, StoreName & { readonly head: number }>>): void;
}

/** Which stores, and how they are opened. */
interface DataStoresOptions {
  readonly folders: Folders;
  readonly clock: Clock;
  readonly notes: DirectoryNotes;
  /**
   * Views and journal are built beside those that there are, from nothing, and working rows change in a copy, for parked
   * events belong to the views that lack them; refused while a store lacks something.
   */
  readonly rebuild?: boolean;
  /** Given where other processes use the same directory: by it leases are reported, that they hold between them. */
  readonly shared?: {
    readonly run: ProcessRunId;
    /** How long a process may be silent that holds a lease. */
    readonly ttlMs?: number;
    readonly report: (where: string, error: unknown) => void;
  };
  /** What the shape of all views has beside that, for tests: a process with another one has other views. */
  readonly reshaping?: string;
  /** Told in a sentence of what is dropped. */
  readonly say?: (sentence: string) => void;
}

/** The stores of a data directory. */
export interface DataStores {
  readonly services: Readonly<
    Record<
      Service,
      {
        readonly eventStore: SqliteEventStore;
        readonly views: SqliteViewStore;
        readonly work: SqliteWorkStore;
        /** Between the processes that share the directory; none where nobody else may. */
        readonly leases: Leases | null;
      }
    >
  >;
  readonly journal: SqliteJournal;
  /** Of a rebuild that is complete: it takes its place when the stores are closed. */
  keepRebuilt(): void;
  close(): Promise<void>;
}

/** What is known of the store of a service. A reader of another store, or of before the last loss, is no witness. */
export const knownOf = (service: Service, notes: DirectoryNotes, witnesses: readonly Witness[]): KnownStore => {
  const note = notes.of(service);
  const own = witnesses.filter(
    ({ source, store }) => source === service && (!store || !note || (store.id === note.id && store.run >= note.run)),
  );
  const run = Math.max(note?.run ?? 0, ...own.map(({ store }) => store?.run ?? 0));
  return {
    service,
    name: note && { id: note.id, run },
    reached: [
      ...(note && note.head > 0 ? [{ by: 'format.json', position: note.head }] : []),
      ...own.map(({ reader, upTo }) => ({ by: reader, position: upTo })),
    ],
  };
};

const same = (a: StoreName, b: StoreName) => a.id === b.id && a.run === b.run;

/** Whether something was read from other stores than there are now; notes those that there are. */
const belongs = (grown: Grown, stores: ReadonlyMap<Service, SqliteEventStore>) => {
  const whole = [...stores].filter(([, store]) => !store.lack());
  return whole.every(([service, { name }]) => same(grown.origin(service) ?? name, name));
};
const noteOrigins = (grown: Grown, stores: ReadonlyMap<Service, SqliteEventStore>) => {
  for (const [service, store] of stores) {
    const noted = grown.origin(service);
    if (!store.lack() && !(noted && same(noted, store.name))) grown.setOrigin(service, store.name);
  }
};

/** Opens them all. Throws FileRefused for a file that cannot be used, StoreRefused for a rebuild that must not be. */
export const openDataStores = async ({
  folders,
  clock,
  notes,
  rebuild = false,
  shared,
  reshaping = '',
  say = () => {},
}: DataStoresOptions): Promise<DataStores> => {
  await using opening = new AsyncDisposableStack();
  const open = <One extends { close(): Promise<void> }>(one: One) => opening.adopt(one, (each) => each.close());
  const services = servicesOf(folders);
  const files = services.map((service) => filesOf(folders[service]));
  // The views before the working rows: what is parked once too often changes nothing, what is parked no more is missing.
  const rebuilt = [...grownFiles(folders).map(({ path }) => path), ...files.map(({ work }) => work)];
  if (!shared) removeBeside([...rebuilt, ...files.map(({ facts }) => facts)]);
  const witnesses = witnessesIn(folders);
  const leasesOf = new Map<Service, Leases>();
  const stores = new Map(
    services.map((service) => {
      const { facts, anchor } = filesOf(folders[service]);
      const known = knownOf(service, notes, witnesses);
      const keeps = () => leasesOf.get(service)?.holds('readers') ?? false;
      const kept = { path: anchor, clock, ...(shared && { keeps }) };
      return [
        service,
        open(sqliteEventStore({ path: facts, anchor: kept, known, ...(shared && { shared: clock }) })),
      ] as const;
    }),
  );
  for (const store of stores.values()) {
    const lack = rebuild ? store.lack() : null;
    if (lack) throw lack;
  }
  const lacking = new Set(services.filter((service) => stores.get(service)?.lack()));
  const at = (path: string) => (rebuild ? beside(path) : path);
  if (rebuild) for (const { work } of files) copyWorkRows(work, beside(work));
  const journal = open(sqliteJournal({ path: at(filesOf(folders.gateway).journal), ...(shared && { shared: clock }) }));
  const storesOf = (service: Service) => {
    const eventStore = stores.get(service);
    if (!eventStore) throw new Error(`${service} has no store`);
    const files = filesOf(folders[service]);
    const views = open(sqliteViewStore({ path: at(files.views), clock, reshaping }));
    const readers: readonly Grown[] = service === 'gateway' ? [views, journal] : [views];
    const written = (name: WorkName, kinds: ReadonlySet<string>) => {
      if ([...kinds].some(isParkedKind)) for (const grown of readers) grown.noteParkedIn(name);
    };
    const work = open(sqliteWorkStore({ path: at(files.work), written }));
    const leases = shared ? open(leasesOn({ ...shared, holder: shared.run, clock, store: work.leases })) : null;
    if (leases) leasesOf.set(service, leases);
    return { eventStore, views, work, leases };
  };
  /** What a store lacks stays known, whatever becomes of those who knew it. */
  const noteOf = (service: Service, store: SqliteEventStore) => {
    const { name, reached } = knownOf(service, notes, witnesses);
    if (!lacking.has(service)) return { ...store.name, head: store.head() };
    return { ...(name ?? store.name), head: Math.max(0, ...reached.map(({ position }) => position)) };
  };
  const note = () =>
    notes.write(Object.fromEntries([...stores].map(([service, store]) => [service, noteOf(service, store)])));
  note();
  const opened = Object.fromEntries(
    services.map((service) => [service, storesOf(service)]),
  ) as unknown as DataStores['services'];
  const reconcile = async (
    { grown, work }: { readonly grown: Grown; readonly work: () => WorkName },
    file: string,
    kind: FileKind,
    drop: () => Promise<void>,
  ) => {
    try {
      // What the views know first: meanwhile another process may park more.
      const noted = grown.parkedIn();
      const rows = work();
      const isLost = lacksParked({ parkedIn: () => noted }, rows);
      if (isLost || !belongs(grown, stores)) {
        const why = isLost ? 'lacks events that were parked, and are gone' : 'was read from other stores';
        say(`What the file of the ${kind.what} at ${file} holds ${why}: it is rebuilt.`);
        await drop();
        if (isLost) grown.noteParkedIn(rows);
      }
      noteOrigins(grown, stores);
    } catch (error) {
      throw fileRefusal(error, file, kind);
    }
  };
  for (const service of services) {
    const { views, work } = opened[service];
    const grown = { grown: views, work: work.name };
    await reconcile(grown, at(filesOf(folders[service]).views), viewsFile, () => views.clear());
  }
  const grown = { grown: journal, work: opened.gateway.work.name };
  await reconcile(grown, at(filesOf(folders.gateway).journal), journalFile, async () => {
    await journal.begin();
    await journal.restart();
  });
  let complete = false;
  const all = opening.move();
  return {
    services: opened,
    journal,
    keepRebuilt: () => void (complete = rebuild),
    close: async () => {
      try {
        note();
      } catch {
        // A disk that takes nothing: the older note is true as well.
      }
      await all.disposeAsync();
      if (complete) for (const path of rebuilt) if (existsSync(beside(path))) swapIn(path);
    },
  };
};
