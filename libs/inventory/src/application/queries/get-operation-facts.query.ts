import { PageQuery, toCloudEvent, type Fact, type Page } from '@drover/contracts';
import { defineQuery, isRejection, OperationId, reject } from '@drover/kernel';
import { storedFacts, type StoredFact } from '@drover/ports';
import { inventoryPublished, operationOf } from '../inventory.published.js';
import { operationAt, type OperationPorts } from './get-operation.query.js';

const kebab = (name: string) => name.replace(/(?<!^)[A-Z]/g, '-$&').toLowerCase();

/** A fact as a client reads it. An internal one is typed as such. Its place in the journal is the gateway's to know. */
const factOf = (stored: StoredFact, operationid: OperationId): Fact => {
  const said = inventoryPublished(stored);
  if (said) {
    const event = toCloudEvent(said, { service: 'inventory', ...stored });
    return { ...event, data: { ...said.data }, position: null };
  }
  const { stream, id, sequence, at, actor, fact } = stored;
  const { type: _, ...data } = fact;
  const type = `io.drover.inventory.internal.${kebab(fact.type)}`;
  const about = stream.replace('-', '/');
  return {
    ...{ specversion: '1.0', id, source: '/drover/inventory', type, subject: about, time: at },
    ...{ datacontenttype: 'application/json', dataschema: `/api/asyncapi.json#/components/schemas/${type}` },
    ...{ partitionkey: about.slice(about.indexOf('/') + 1), sequence: String(sequence), actor, operationid, data },
    position: null,
  };
};

/** Every fact of an operation, oldest first, internal ones included. A cursor is the number of the last one shown. */
export const getOperationFacts = defineQuery({
  name: 'operation.facts',
  input: PageQuery.extend({ id: OperationId.schema }),
  needs: () => ['vm:read'],
  async handle({ id, limit, cursor }, _actor, ports: OperationPorts) {
    if (cursor !== undefined && !/^\d{1,15}$/.test(cursor))
      return reject('cursor_invalid', 'This cursor is not from this list.');
    const operation = await operationAt(id, ports);
    if (isRejection(operation)) return operation;
    const commits = await ports.connections.commits(OperationId.stream(id));
    const all = commits.flatMap((commit) => storedFacts(commit)).filter((stored) => operationOf(stored) === id);
    const rest = all.filter(({ sequence }) => sequence > Number(cursor ?? 0));
    const shown = rest.slice(0, limit);
    const last = String(shown.at(-1)?.sequence ?? cursor ?? 0);
    const page: Page<Fact> = {
      items: shown.map((stored) => factOf(stored, id)),
      total: all.length,
      next: rest.length > limit ? last : null,
      position: last,
      complete: true,
      missing: [],
    };
    return page;
  },
});
