// One process that appends to a file of facts until its input ends, and says what it does.
//   node tools/faultbench/append-worker.ts <facts.db> <seed> <writers> <streams> [appends in all]
// Runs from source, but imports the packages as built: `npx tsc -b` first (npm test does).
import { writeSync } from 'node:fs';
import { CommitId, FactId, StreamId, systemNow } from '@drover/kernel';
import { StreamMoved } from '@drover/ports';
import { sqliteEventStore } from '@drover/sqlite';
import { microseconds, type AppendEvent } from './append-history.ts';

const [path = '', seed = '1', writers = '1', streams = '8', most = 'Infinity'] = process.argv.slice(2);
const store = sqliteEventStore({ path });
let transactions = 0;
store.subscribe(() => (transactions += 1));

let state = Number(seed) * 2654435761;
/** The next of a row of numbers that the seed decides. */
const chance = (below: number) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};
/** Written before it goes on: what was said before a kill is kept by the pipe. */
const say = (event: AppendEvent) => writeSync(1, `${JSON.stringify(event)}\n`);

let going = true;
process.stdin.on('end', () => (going = false)).resume();
let made = 0;

const read = async (stream: StreamId, from: number) => {
  const at = microseconds();
  const last = (await store.read(stream, { from })).at(-1);
  const sees = last ? last.version + last.facts.length : from;
  say({ what: 'read', at, stream, sees });
  return sees;
};

const append = async (stream: StreamId, version: number) => {
  const [op, commitId, size] = [`${process.pid}-${++made}`, CommitId.create(), 1 + chance(3)];
  const facts = Array.from({ length: size }, () => ({ id: FactId.create(), fact: { type: 'Appended', op } }));
  say({ what: 'invoke', op, at: microseconds(), stream, version, size, commitId });
  try {
    const metadata = { at: systemNow(), actor: 'bench', requestId: op };
    const { position } = await store.append({ stream, version, commitId, facts, metadata });
    say({ what: 'ok', op, at: microseconds(), position });
  } catch (error) {
    say({ what: error instanceof StreamMoved ? 'conflict' : 'error', op, at: microseconds() });
  }
};

const writer = async () => {
  const known = new Map<StreamId, number>();
  while (going && made < Number(most)) {
    const stream = StreamId.of('bench', `s${chance(Number(streams))}`);
    const version = await read(stream, known.get(stream) ?? 0);
    known.set(stream, version);
    await append(stream, version);
  }
};

await Promise.all(Array.from({ length: Number(writers) }, writer));
await store.close();
say({ what: 'end', transactions });
process.exit();
