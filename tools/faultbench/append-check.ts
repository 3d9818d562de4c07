// The laws of appends, judged from what the writers said and what the store holds in the end. Pure: no access to
// either.
import type { Commit } from '@drover/ports';
import type { AppendEvent } from './append-history.ts';

type Invoked = Extract<AppendEvent, { what: 'invoke' }>;

/**
 * Versions order the writes of a stream, so one pass is enough: positions and versions are dense, the chain of versions
 * has no holes.
 */
const storeViolations = (commits: readonly Commit[]) => {
  const found: string[] = [];
  const versions = new Map<string, number>();
  const ids = new Set<string>();
  for (const [i, { position, stream, version, facts, commitId }] of commits.entries()) {
    if (position !== i + 1) found.push(`position ${position} stands in place ${i + 1}`);
    const expected = versions.get(stream) ?? 0;
    if (version !== expected) found.push(`${stream} has version ${version} where ${expected} is due`);
    if (ids.has(commitId)) found.push(`commit ${commitId} is stored twice`);
    versions.set(stream, version + facts.length);
    ids.add(commitId);
  }
  return found;
};

/** A read that began after an append was acknowledged sees it. */
const staleReads = (history: readonly AppendEvent[], invoked: ReadonlyMap<string, Invoked>) => {
  const found: string[] = [];
  const acknowledged = new Map<string, number>();
  const timed = history.filter((event) => event.what === 'ok' || event.what === 'read').sort((a, b) => a.at - b.at);
  for (const event of timed) {
    if (event.what === 'ok') {
      const { stream = '', version = 0, size = 0 } = invoked.get(event.op) ?? {};
      acknowledged.set(stream, Math.max(acknowledged.get(stream) ?? 0, version + size));
    } else {
      const due = acknowledged.get(event.stream) ?? 0;
      if (event.sees < due) found.push(`a read of ${event.stream} saw ${event.sees} after ${due} was acknowledged`);
    }
  }
  return found;
};

/** Every broken law in a sentence; none when appends are linearizable per stream and nothing acknowledged is lost. */
export const appendViolations = (history: readonly AppendEvent[], commits: readonly Commit[]): readonly string[] => {
  const stored = new Map(commits.map((commit) => [commit.commitId as string, commit]));
  const invoked = new Map<string, Invoked>();
  for (const event of history) if (event.what === 'invoke') invoked.set(event.op, event);
  const found = storeViolations(commits);
  for (const event of history) {
    if (event.what !== 'ok' && event.what !== 'conflict') continue;
    const asked = invoked.get(event.op);
    const commit = asked && stored.get(asked.commitId);
    if (event.what === 'conflict') {
      if (commit) found.push(`${asked.commitId} was refused and is stored`);
    } else if (!commit) found.push(`${asked?.commitId} was acknowledged and is not stored`);
    else if (commit.position !== event.position || commit.version !== asked.version || commit.stream !== asked.stream)
      found.push(`${asked.commitId} was acknowledged elsewhere than it is stored`);
  }
  return [...found, ...staleReads(history, invoked)];
};
