// Accepts by name that a store lacks what it had. What can be read of it is copied into a new file, which takes the place of
// the old one; that one is kept beside it. The new one is known as the store after another accepted loss, so whatever was read
// from the old one is void, and no number of an operation is given twice. Never: a foreign file accepted, or the old one
// removed.
import { existsSync, linkSync, rmSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { Service } from '@drover/contracts';
import { StoreId, type FactId, type StreamId } from '@drover/kernel';
import { writeAnchor } from '../event-store/anchor.sqlite.js';
import {
  acceptedLosses,
  commitIn,
  commitReader,
  factsFile,
  idBytes,
  isUnreadable,
} from '../event-store/commits.sqlite.js';
import { beside, filesOf, removeBeside, swapIn, witnessesIn, type Folders } from './data-files.sqlite.js';
import { knownOf, type DirectoryNotes } from './data-stores.sqlite.js';
import { FileRefused, ForeignFile, openFile, openToLook } from '../file/database.sqlite.js';
import { journalFile } from '../journal/journal-file.sqlite.js';
import { saysMissing } from '../event-store/lacks.sqlite.js';
import { nameIn, writeName } from '../event-store/opening.sqlite.js';
import type { StoreName } from './origins.sqlite.js';
import { lookAtFacts, type FoundFacts } from './verify.sqlite.js';

const LISTED = 20;

/** The facts of a service, or null for a file of which nothing can be read. */
const looked = (folder: string, known: ReturnType<typeof knownOf>): FoundFacts | null => {
  try {
    return lookAtFacts(folder, known);
  } catch (error) {
    if (error instanceof FileRefused && !(error instanceof ForeignFile)) return null;
    throw error;
  }
};

/** The name in the old file, and what could be read of it, copied into the new one. Says which facts are there now. */
const salvage = (path: string, found: FoundFacts | null, name: (old: StoreName | null) => StoreName) => {
  const ids = new Set<FactId>();
  const fresh = openFile(beside(path), factsFile);
  try {
    const old = found && existsSync(path) ? openToLook(path, factsFile) : null;
    fresh.exec('BEGIN IMMEDIATE');
    if (old) copy(old, fresh, found?.faults ?? [], ids);
    const given = name(old && nameIn(old));
    writeName(fresh, given);
    fresh.exec('COMMIT');
    old?.close();
    const tail = commitReader(fresh, acceptedLosses(fresh)).tail();
    return { name: given, tail, ids };
  } finally {
    fresh.close();
  }
};

const copy = (old: DatabaseSync, fresh: DatabaseSync, faults: FoundFacts['faults'], ids: Set<FactId>) => {
  const lost = new Map(acceptedLosses(old));
  const stream = fresh.prepare(
    'INSERT INTO stream (name) VALUES (?) ON CONFLICT DO UPDATE SET name = name RETURNING id',
  );
  const commit = fresh.prepare('INSERT INTO commits VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING');
  const rowids = new Map<StreamId, number>();
  const rowidOf = (name: StreamId) => {
    const known = rowids.get(name) ?? Number(stream.get(name)?.['id']);
    rowids.set(name, known);
    return known;
  };
  for (const { position, hash } of faults) lost.set(position, hash ?? '');
  for (const { position, row } of commitReader(old).entriesAfter(0)) {
    if (!row || typeof row.stream !== 'string') continue;
    const { version, size, facts, metadata, prev } = row;
    const read = lost.has(position) ? null : commitIn(row);
    if (read && !isUnreadable(read)) for (const { id } of read.facts) ids.add(id);
    try {
      commit.run(position, rowidOf(row.stream), version, size, idBytes(row.id), facts, metadata, prev);
    } catch {
      if (!lost.has(position))
        throw new FileRefused(`The commit at position ${position} cannot be copied. Restore a backup.`);
    }
  }
  const note = fresh.prepare('INSERT INTO lost VALUES (?, ?)');
  for (const [position, hash] of lost) note.run(position, hash);
};

/** Whose history is gone, as far as the journal still shows it: subjects with how many events of theirs are gone. */
const goneOf = (service: Service, journal: string, ids: ReadonlySet<FactId>) => {
  const gone = new Map<string, number>();
  try {
    if (!existsSync(journal)) return gone;
    const db = openToLook(journal, journalFile);
    try {
      const events = db.prepare('SELECT id, event FROM entry WHERE source = ? ORDER BY position');
      for (const { event } of events.iterate(`/drover/${service}`)) {
        const { id, subject } = JSON.parse(String(event)) as { id: FactId; subject: string };
        if (!ids.has(id)) gone.set(subject, (gone.get(subject) ?? 0) + 1);
      }
    } finally {
      db.close();
    }
  } catch {
    // A journal that cannot be read shows nothing.
  }
  return gone;
};

const saysGone = (gone: ReadonlyMap<string, number>) => {
  const lines = [...gone].map(([subject, n]) => `  ${subject}: ${n} ${n === 1 ? 'event' : 'events'}`);
  const more = lines.length - LISTED;
  return [...lines.slice(0, LISTED), ...(more > 0 ? [`  … and ${more} others`] : [])];
};

const commitsIn = (n: number) => `${n} ${n === 1 ? 'commit is' : 'commits are'}`;

/**
 * Accepts what the store of a service lacks, and says what is gone; null when it lacks nothing. Views and journal are to
 * be rebuilt after it. Throws FileRefused for a foreign file.
 */
export const acceptLoss = async (
  service: Service,
  folders: Folders,
  notes: DirectoryNotes,
): Promise<readonly string[] | null> => {
  const { facts: path, anchor } = filesOf(folders[service]);
  const known = knownOf(service, notes, witnessesIn(folders));
  const found = looked(folders[service], known);
  if (found?.lack?.is === 'foreign') throw new ForeignFile(found.lack.says);
  if (found && !found.lack && found.faults.length === 0 && found.wrong.length === 0) return null;

  removeBeside([path]);
  const { name, tail, ids } = salvage(path, found, (old) => ({
    id: known.name?.id ?? old?.id ?? StoreId.create(),
    run: Math.max(known.name?.run ?? 0, old?.run ?? 0) + 1,
  }));
  const kept = `${path}.lost-${name.run}`;
  if (existsSync(path)) {
    rmSync(kept, { force: true });
    linkSync(path, kept);
  }
  swapIn(path);
  if (tail.position > 0) await writeAnchor(anchor, tail);
  else rmSync(anchor, { force: true });
  notes.write({ [service]: { ...name, head: tail.position } });

  const end = Math.max(0, ...known.reached.map(({ position }) => position));
  const short = found?.lack?.is === 'short' ? found.lack.to - found.head : Math.max(0, end - tail.position);
  const gone = goneOf(service, filesOf(folders.gateway).journal, ids);
  const events = [...gone.values()].reduce((sum, n) => sum + n, 0);
  return [
    ...(found?.lack ? [saysMissing(found.lack, service)] : []),
    ...(found ? [] : [`Nothing of ${path} could be read.`]),
    `Accepted: ${commitsIn(short + (found?.faults.length ?? 0))} gone from the ${service} store, which ends at position ${tail.position} now.`,
    events > 0
      ? `${events} of their events stand in the journal, which shows whose they are:`
      : 'The journal shows none of their events.',
    ...saysGone(gone),
    ...(existsSync(kept) ? [`The file as it was is kept at ${kept}.`] : []),
    `Operations of ${service} are numbered from ${name.run * 1_000_000 + 1} on.`,
  ];
};
