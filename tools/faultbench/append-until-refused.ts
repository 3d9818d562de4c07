// One process that appends until its disk refuses, makes room, and appends again; says in one JSON line what it met.
//   node tools/faultbench/append-until-refused.ts <directory> ballast   a small disk: a file on it is removed
//   node tools/faultbench/append-until-refused.ts <directory> limit     under `prlimit --fsize`: the limit is lifted
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CommitId, FactId, StreamId, systemNow } from '@drover/kernel';
import { StoreRefused } from '@drover/ports';
import { sqliteEventStore } from '@drover/sqlite';

const [directory = '', how = ''] = process.argv.slice(2);
const path = join(directory, 'facts.db');
const ballast = join(directory, 'ballast');
if (how === 'ballast') writeFileSync(ballast, Buffer.alloc(512 * 1024));
const store = sqliteEventStore({ path });
const stream = StreamId.of('bench', 'disk');
const text = 'x'.repeat(4096);
let acknowledged = 0;

const append = async (version: number, n = 1) => {
  const facts = Array.from({ length: n }, () => ({ id: FactId.create(), fact: { type: 'Appended', text } }));
  const metadata = { at: systemNow(), actor: 'bench', requestId: 'r' };
  await store.append({ stream, version, commitId: CommitId.create(), facts, metadata });
};
/** Appends until it is refused: the code of the refusal. */
const fill = async () => {
  for (; acknowledged < 2000; acknowledged += 1)
    try {
      await append(acknowledged);
    } catch (error) {
      return error instanceof StoreRefused ? error.code : String(error);
    }
  return 'never';
};
const stored = async () => (await store.read(stream)).length;

const code = await fill();
const whenFull = { code, acknowledged, stored: await stored(), says: store.refusal()?.code ?? null };
if (how === 'ballast') rmSync(ballast);
else execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=unlimited']);
// It is asked as health asks: again and again, until the store takes facts.
for (let tries = 0; store.refusal() && tries < 100; tries++) await new Promise((done) => setTimeout(done, 50));
const says = store.refusal()?.code ?? null;
await append(acknowledged);
const after = { says, stored: await stored() };
await store.close();
const check = new DatabaseSync(path).prepare('PRAGMA integrity_check').get();
process.stdout.write(`${JSON.stringify({ whenFull, after, integrity: check?.['integrity_check'] })}\n`);
