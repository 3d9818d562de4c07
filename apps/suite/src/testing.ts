// What the specs of the suite damage a data directory with.
import { join } from 'node:path';
import { CommitId, FactId, StreamId, systemNow } from '@drover/kernel';
import { openDataDirectory } from '@drover/local';
import { sqliteEventStore } from '@drover/sqlite';

/** Stores a fact of a machine that there cannot be: whoever grows a view from it fails, and fails again. */
export const spoilFacts = async (dir: string) => {
  const data = openDataDirectory(dir);
  const store = sqliteEventStore({ path: join(data.folder('inventory'), 'facts.db') });
  await store.append({
    stream: StreamId.parse('vm-nobody'),
    version: 0,
    commitId: CommitId.create(),
    facts: [{ id: FactId.create(), fact: { type: 'VmRegistered', name: 'x', aliases: [] } }],
    metadata: { at: systemNow(), actor: 'ana', requestId: 'r1' },
  });
  await store.close();
  data.close();
};
