// Looks at everything that is stored, while nobody uses it, and says by name what is wrong. Never: a change of what it looks
// at.
import { existsSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { Service } from '@drover/contracts';
import { anchorAt } from '../event-store/anchor.sqlite.js';
import { chainOf, saysFault, START, type ChainFault, type Reached } from '../event-store/chain.sqlite.js';
import { acceptedLosses, commitReader, factsFile } from '../event-store/commits.sqlite.js';
import {
  filesOf,
  grownFiles,
  servicesOf,
  witnessesIn,
  workFiles,
  type Folders,
  type StoredFile,
} from './data-files.sqlite.js';
import { knownOf, type DirectoryNotes } from './data-stores.sqlite.js';
import { fileRefusal, hasTable, openToLook, type FileKind } from '../file/database.sqlite.js';
import { lackOf, saysLack, type KnownStore, type Lack } from '../event-store/lacks.sqlite.js';
import { journalFile } from '../journal/journal-file.sqlite.js';
import { nameIn } from '../event-store/opening.sqlite.js';
import { lacksParked, originsOf } from './origins.sqlite.js';
import { statementsOf } from '../file/statements.sqlite.js';
import { viewsFile } from '../views/views-file.sqlite.js';
import { workFile, workNameIn } from '../work/work-store.sqlite.js';

const AT_ONCE = 1000;

/** What a service's facts were found to be. */
export interface FoundFacts {
  /** How many commits, and where they end. */
  readonly head: number;
  readonly lack: Lack | null;
  /** What is wrong with single commits, anywhere. */
  readonly faults: readonly ChainFault[];
  /** What is wrong with the file itself: indexes, pages. */
  readonly wrong: readonly string[];
}

/** What SQLite says of a file: nothing when it is whole. */
const integrityOf = (db: DatabaseSync) =>
  db
    .prepare('PRAGMA integrity_check(20)')
    .all()
    .flatMap((row) => String(Object.values(row)[0]).split('\n'))
    .filter((line) => line !== 'ok');

/** Follows the whole chain. */
const allFaults = (db: DatabaseSync, lost: ReadonlyMap<number, string>) => {
  const chain = chainOf(db, commitReader(db, lost), lost);
  const faults: ChainFault[] = [];
  for (let [reached, more]: [Reached, boolean] = [START, true]; more;) {
    const seen = chain.look(reached, AT_ONCE);
    faults.push(...seen.faults);
    ({ reached, more } = seen);
  }
  return faults;
};

/** Looks at the facts of a service. Throws FileRefused for a file that is none. */
export const lookAtFacts = (folder: string, known: KnownStore): FoundFacts => {
  const { facts: path, anchor: anchorPath } = filesOf(folder);
  if (!existsSync(path)) {
    let anchored = 0;
    try {
      anchored = anchorAt(anchorPath)?.position ?? 0;
    } catch {
      // There was one, and nothing can be learned from it.
    }
    const to = Math.max(anchored, ...known.reached.map(({ position }) => position));
    const lack: Lack = { is: 'short', says: `${path} is missing`, from: 1, to };
    return { head: 0, lack: to > 0 || known.name ? lack : null, faults: [], wrong: [] };
  }
  const db = openToLook(path, factsFile);
  try {
    const lost = acceptedLosses(db);
    const reader = commitReader(db, lost);
    const lack = lackOf({ path, db, reader, lost, name: nameIn(db), anchorPath, known });
    return { head: reader.tail().position, lack, faults: allFaults(db, lost), wrong: integrityOf(db) };
  } catch (error) {
    throw fileRefusal(error, path, factsFile);
  } finally {
    db.close();
  }
};

const inFile = ({ path, kind, called }: StoredFile): readonly string[] => {
  if (!existsSync(path)) return []; // what is grown grows again by itself; working rows there may be none
  const db = openToLook(path, kind);
  try {
    return integrityOf(db).map((line) => `${called}: ${line}. ${kind.remedy}`);
  } catch (error) {
    throw fileRefusal(error, path, kind);
  } finally {
    db.close();
  }
};

const inWords = (look: () => readonly string[]): readonly string[] => {
  try {
    return look();
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
};

const ofFacts = (service: Service, folder: string, known: KnownStore) => {
  const { lack, faults, wrong } = lookAtFacts(folder, known);
  const own = faults.filter(
    (fault) => !(lack?.is === 'damaged' && lack.faults.some(({ position }) => position === fault.position)),
  );
  const remedy = lack ? '' : ` Restore a backup, or accept the loss: npm run store -- accept-loss ${service}.`;
  return [
    ...(lack ? [saysLack(lack, service)] : []),
    ...own.map((fault, at) => `${service} store: ${saysFault(fault)}.${at === own.length - 1 ? remedy : ''}`),
    ...(lack || faults.length > 0 ? [] : wrong.map((line) => `${service} store: ${line}. Restore a backup.`)),
  ];
};

const lookInto = <Found>(path: string, kind: FileKind, look: (db: DatabaseSync) => Found): Found | null => {
  if (!existsSync(path)) return null;
  const db = openToLook(path, kind);
  try {
    return look(db);
  } finally {
    db.close();
  }
};

/** Whether events that readers of a service have parked are gone. A file that cannot be read is named elsewhere. */
const ofParked = (service: Service, folder: string): readonly string[] => {
  const { views, journal, work } = filesOf(folder);
  try {
    const name = lookInto(work, workFile, workNameIn);
    const lacks = (db: DatabaseSync) => hasTable(db, 'park') && lacksParked(originsOf(statementsOf(db)), name);
    if (!lookInto(views, viewsFile, lacks) && !lookInto(journal, journalFile, lacks)) return [];
    const is = existsSync(work) ? 'is another file than that, or an older one,' : 'is missing,';
    return [
      `${service} working rows: ${work} ${is} where events were parked. Put it back, or start: what was read beside it is rebuilt, and what cannot be taken is parked anew.`,
    ];
  } catch {
    return [];
  }
};

/** Everything that is wrong with the stores of a data directory that nobody uses, each in a sentence. */
export const verifyStores = (folders: Folders, notes: DirectoryNotes): readonly string[] => {
  const witnesses = witnessesIn(folders);
  return [
    ...servicesOf(folders).flatMap((service) =>
      inWords(() => ofFacts(service, folders[service], knownOf(service, notes, witnesses))),
    ),
    ...servicesOf(folders).flatMap((service) => ofParked(service, folders[service])),
    ...[...grownFiles(folders), ...workFiles(folders)].flatMap((file) => inWords(() => inFile(file))),
  ];
};
