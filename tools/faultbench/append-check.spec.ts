import { expect, it } from '@jest/globals';
import { CommitId, FactId, Instant, StreamId } from '@drover/kernel';
import type { Commit } from '@drover/ports';
import { appendViolations } from './append-check.ts';
import { historyOf, type AppendEvent } from './append-history.ts';

const stream = StreamId.of('bench', 's1');
const commit = (position: number, version: number): Commit => ({
  ...{ position, stream, version, commitId: CommitId.create(), prevHash: '' },
  facts: [{ id: FactId.create(), fact: { type: 'Appended' } }],
  metadata: { at: Instant.parse('2026-11-20T10:00:00Z'), actor: 'bench', requestId: 'r' },
});
const commits = [commit(1, 0), commit(2, 1), commit(3, 2)];
const history: readonly AppendEvent[] = commits.flatMap(({ position, version, commitId }, i): AppendEvent[] => [
  { what: 'invoke', op: `o${i}`, at: i * 10, stream, version, size: 1, commitId },
  { what: 'ok', op: `o${i}`, at: i * 10 + 5, position },
]);
const refused: AppendEvent[] = [
  { what: 'invoke', op: 'x', at: 40, stream, version: 1, size: 1, commitId: CommitId.create() },
  { what: 'conflict', op: 'x', at: 41 },
];
const refusedButStored = refused.map((e) => (e.what === 'invoke' ? { ...e, commitId: commits[1]?.commitId ?? '' } : e));
const elsewhere = history.map((e) => (e.what === 'ok' ? { ...e, position: e.position + 1 } : e));

it('finds nothing in a history that keeps the laws, and an append without an answer may be stored or not', () => {
  expect(appendViolations([...history, ...refused, { what: 'read', at: 50, stream, sees: 3 }], commits)).toEqual([]);
  const unanswered = history.filter(({ what }, i) => what !== 'ok' || i < 5);
  expect(appendViolations(unanswered, commits)).toEqual([]);
  expect(appendViolations(unanswered, commits.slice(0, 2))).toEqual([]);
});

it.each<[string, readonly AppendEvent[], readonly Commit[], RegExp]>([
  ['drops an acknowledged append', history, commits.slice(0, 2), /acknowledged and is not stored/],
  ['leaves a gap', history, [commit(1, 0), commit(3, 1)], /position 3 stands in place 2/],
  ['gives a version twice', history, [...commits, commit(4, 2)], /version 2 where 3 is due/],
  ['stores what it refused', [...history, ...refusedButStored], commits, /was refused and is stored/],
  ['reads the past', [...history, { what: 'read', at: 50, stream, sees: 2 }], commits, /saw 2 after 3/],
  ['stores a commit twice', history, [...commits, ...commits.slice(0, 1)], /stored twice/],
  ['acknowledges another place', elsewhere, commits, /elsewhere/],
])('catches a store that %s', (_name, said, stored, sentence) =>
  expect(appendViolations(said, stored).join('\n')).toMatch(sentence),
);

it('reads the whole lines of a process that was killed while it spoke', () =>
  expect(historyOf('{"what":"end","transactions":2}\n{"what":"o')).toEqual([{ what: 'end', transactions: 2 }]));
