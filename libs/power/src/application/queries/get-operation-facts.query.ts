import { toCloudEvent, type Fact, type Page } from '@drover/contracts';
import { defineQuery, OperationId, reject, StreamId, type Fact as KernelFact } from '@drover/kernel';
import { storedFacts, type Commit, type StoredFact } from '@drover/ports';
import * as z from 'zod';
import { aboutOf, powerPublished } from '../power.published.js';
import { commitsOf, noSuchOperation, type OperationPorts } from './get-operation.query.js';

const kebab = (name: string) => name.replace(/(?<=.)([A-Z])/g, '-$1').toLowerCase();

/** A fact that stays in the house, in the shape of the others. Its own type: nobody takes it for public. */
const internally = (stored: StoredFact): Omit<Fact, 'position'> => {
  const { id, sequence, actor, at, fact } = stored;
  const { type: name, ...data } = fact;
  const type = `io.drover.power.internal.${kebab(name)}`;
  return {
    ...{ specversion: '1.0', id, source: '/drover/power', type, time: at, datacontenttype: 'application/json' },
    ...{ dataschema: `urn:drover:schema:${type}`, sequence: String(sequence), actor, ...aboutOf(stored), data },
  };
};

/** Places are the journal's; a fact read from its own stream has none. */
const shown = (stored: StoredFact, traceparent: string | undefined): Fact => {
  const said = powerPublished(stored);
  const event = said ? toCloudEvent(said, { service: 'power', ...stored }) : internally(stored);
  return { ...event, ...(traceparent && { traceparent }), position: null };
};

const factsOf = (commits: readonly Commit<KernelFact>[], op: number) =>
  commits.flatMap((commit) =>
    storedFacts(commit)
      .filter(({ fact }) => fact['op'] === op)
      .map((stored) => shown(stored, commit.metadata.traceparent)),
  );

const CURSOR = /^f1\.(\d{1,9})$/;

/** Every fact of an operation in order, internal ones included. */
export const getOperationFacts = defineQuery({
  name: 'operation.facts',
  input: z.strictObject({
    id: OperationId.schema,
    limit: z.int().min(1).max(200).default(100),
    cursor: z.string().exactOptional(),
  }),
  needs: () => ['vm:read'],
  async handle({ id, limit, cursor }, _actor, ports: OperationPorts) {
    const from = cursor === undefined ? 0 : Number(CURSOR.exec(cursor)?.[1] ?? NaN);
    if (Number.isNaN(from)) return reject('cursor_invalid', 'This cursor is of another list.');
    const stream = OperationId.stream(id);
    const bulk = StreamId.category(stream) === 'bulk';
    const commits = bulk ? await ports.bulks.commits(stream) : (await commitsOf(id, ports)).commits;
    const facts = ['power', 'bulk'].includes(StreamId.category(stream))
      ? factsOf(commits, OperationId.ordinal(id))
      : [];
    if (facts.length === 0) return noSuchOperation();
    const upTo = from + limit;
    const next = upTo < facts.length ? `f1.${upTo}` : null;
    const page: Page<Fact> = {
      ...{ items: facts.slice(from, upTo), total: facts.length, next, position: `f1.${facts.length}` },
      ...{ complete: true, missing: [] },
    };
    return page;
  },
});
