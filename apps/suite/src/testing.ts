// What the specs of the suite damage a data directory with.
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CommitId, FactId, StreamId, systemNow, VmId } from '@drover/kernel';
import { openDataDirectory } from '@drover/local';
import { sqliteEventStore, sqliteWorkStore } from '@drover/sqlite';

/**
 * Stores a fact of a machine that there cannot be: no view can take it. Without `parks` it cannot be put aside either, so
 * a start waits for it for ever.
 */
export const spoilFacts = async (dir: string, { parks = false } = {}) => {
  const data = openDataDirectory(dir);
  const folder = data.folder('inventory');
  const store = sqliteEventStore({ path: join(folder, 'facts.db') });
  await store.append({
    stream: StreamId.parse('vm-nobody'),
    version: 0,
    commitId: CommitId.create(),
    facts: [{ id: FactId.create(), fact: { type: 'VmRegistered', name: 'x', aliases: [] } }],
    metadata: { at: systemNow(), actor: 'ana', requestId: 'r1' },
  });
  await store.close();
  const path = join(folder, 'work.db');
  await sqliteWorkStore({ path }).close();
  const db = new DatabaseSync(path);
  if (!parks) db.exec("CREATE TRIGGER refusing BEFORE INSERT ON work BEGIN SELECT RAISE(ABORT, 'no'); END");
  db.close();
  data.close();
};

/** Stores machines that somebody registered, a commit each, in their order. Answers with their ids. */
export const registerFacts = async (dir: string, many: number) => {
  const data = openDataDirectory(dir);
  const store = sqliteEventStore({ path: join(data.folder('inventory'), 'facts.db') });
  const ids = Array.from({ length: many }, () => VmId.create());
  for (const [n, id] of ids.entries())
    await store.append({
      stream: StreamId.of('vm', id),
      version: 0,
      commitId: CommitId.create(),
      facts: [
        {
          id: FactId.create(),
          fact: { type: 'VmRegistered', connectionId: null, name: `machine-${n}`, aliases: [], groupIds: [] },
        },
      ],
      metadata: { at: systemNow(), actor: 'ana', requestId: 'r1' },
    });
  await store.close();
  data.close();
  return ids;
};
