// The files of a data directory: of each service its facts, their anchor and its views, and the journal of the gateway. What is
// grown from the facts is built beside and swapped, so that a rebuild that ends early leaves what there was. Never: half a
// swap, or the log of an old file beside a new one.
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Service } from '@drover/contracts';
import { hasTable, openToLook, type FileKind } from '../file/database.sqlite.js';
import { journalFile } from '../journal/journal-file.sqlite.js';
import { originsOf, type Checkpoint, type StoreName } from './origins.sqlite.js';
import { statementsOf } from '../file/statements.sqlite.js';
import { viewsFile } from '../views/views-file.sqlite.js';
import { workFile } from '../work/work-store.sqlite.js';

/** The folder of each service. */
export type Folders = Readonly<Record<Service, string>>;

/** The services of a data directory. */
export const servicesOf = (folders: Folders) => Object.keys(folders) as readonly Service[];

/** The files of one service. */
export const filesOf = (folder: string) => ({
  facts: join(folder, 'facts.db'),
  anchor: join(folder, 'anchor'),
  views: join(folder, 'views.db'),
  work: join(folder, 'work.db'),
  journal: join(folder, 'journal.db'),
});

/** A file of the data directory, of which kind, and how people call it. */
export interface StoredFile {
  readonly path: string;
  readonly kind: FileKind;
  readonly called: string;
}

/** A file that is grown from the facts. */
interface GrownFile extends StoredFile {
  /** How far its readers have got. */
  readonly checkpoints: string;
}

/** The working rows of each service. */
export const workFiles = (folders: Folders): readonly StoredFile[] =>
  servicesOf(folders).map((service) => ({
    path: filesOf(folders[service]).work,
    kind: workFile,
    called: `${service} working rows`,
  }));

/** Those of a data directory. */
export const grownFiles = (folders: Folders): readonly GrownFile[] => [
  ...servicesOf(folders).map((service) => ({
    path: filesOf(folders[service]).views,
    kind: viewsFile,
    checkpoints:
      'SELECT name AS reader, source, up_to AS upTo FROM checkpoint JOIN consumer ON consumer.id = checkpoint.consumer',
    called: `${service} views`,
  })),
  {
    path: filesOf(folders.gateway).journal,
    kind: journalFile,
    checkpoints: "SELECT 'the journal' AS reader, service AS source, up_to AS upTo FROM checkpoint",
    called: 'gateway journal',
  },
];

/** What a reader says of the store of a service: how far it had got, and which store that was. */
export interface Witness extends Checkpoint {
  readonly store: StoreName | null;
}

/** What the readers of a data directory say. A file that cannot be read says nothing. */
export const witnessesIn = (folders: Folders): readonly Witness[] =>
  grownFiles(folders).flatMap(({ path, kind, checkpoints }) => {
    if (!existsSync(path)) return [];
    let db: DatabaseSync | null = null;
    try {
      db = openToLook(path, kind);
      const sql = statementsOf(db);
      const noted = hasTable(db, 'origin') ? originsOf(sql) : null;
      return sql(checkpoints)
        .all()
        .map(({ reader, source, upTo }) => {
          const store = noted?.origin(String(source)) ?? null;
          return {
            reader: String(reader).replace(/@[0-9a-f]{12}$/, ''),
            source: String(source),
            upTo: Number(upTo),
            store,
          };
        });
    } catch {
      return []; // opening it for use says what is wrong with it
    } finally {
      db?.close();
    }
  });

const WITH_IT = ['-wal', '-shm'];

/** Where something is built before it takes the place of what there is. */
export const beside = (path: string) => `${path}.new`;

/** Removes what an attempt that ended early has left. */
export const removeBeside = (paths: readonly string[]) => {
  for (const path of paths) for (const part of ['', ...WITH_IT]) rmSync(`${beside(path)}${part}`, { force: true });
};

/** Brings what stands in the log of a file into the file. What cannot be opened has no use for its log. */
const settle = (path: string) => {
  if (!existsSync(path)) return;
  const db = new DatabaseSync(path, { open: false });
  try {
    db.open();
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch {
    // It is damaged: that is why it is replaced.
  } finally {
    if (db.isOpen) db.close();
  }
};

/** Puts what was built beside in its place, in one step that is on the disk when this returns. */
export const swapIn = (path: string) => {
  settle(path);
  for (const part of WITH_IT) rmSync(`${path}${part}`, { force: true }); // or they would be taken for the new file's
  renameSync(beside(path), path);
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
};
