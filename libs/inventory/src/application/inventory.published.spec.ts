import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { dataSchemaOf, eventTypes } from '@drover/contracts';
import { FactId, Instant, StreamId, VmId, type Fact } from '@drover/kernel';
import type { StoredFact } from '@drover/ports';
import { aliasDecider } from '../domain/alias.decider.js';
import { CONNECTION_SET, connectionSetDecider } from '../domain/connection-set.decider.js';
import { connectionDecider } from '../domain/connection.decider.js';
import type { ConnectionFact } from '../domain/connection.events.js';
import { vmDecider } from '../domain/vm.decider.js';
import type { VmFact } from '../domain/vm.events.js';
import { inventoryPublished, isAliasFact, isConnectionSetFact, isPublic } from './inventory.published.js';

// One stored sample of every released shape: they load for ever, and nobody edits one.
const corpus = JSON.parse(readFileSync(new URL('../../corpus/v1.json', import.meta.url), 'utf8')) as Record<
  string,
  Fact
>;
const samples = Object.entries(corpus).map(([name, fact]) => ({ name, fact }));
const vmId = VmId.parse('420570c7-f61f-a930-77c5-1e876786cb3c');
const isVm = ({ type }: Fact) => type.startsWith('Vm');
const streamOf = (fact: Fact) => {
  if (isVm(fact)) return StreamId.of('vm', vmId);
  return isConnectionSetFact(fact) ? CONNECTION_SET : StreamId.of('connection', 'site-a');
};
const stored = (fact: Fact): StoredFact => ({
  ...{ type: fact.type, id: FactId.create(), sequence: 3, at: Instant.parse('2026-11-20T10:00:00Z'), actor: 'ana' },
  ...{ reason: null, fact, stream: streamOf(fact) },
});
const kebab = (name: string) => name.replace(/(?<!^)[A-Z]/g, '-$&').toLowerCase();

/** Those that change nothing where they are put here: after the first of their kind, with nothing under way. */
const idle = ['VmDiscovered', 'VmSeenAgain', 'ConnectionAdded', 'ConnectionRefreshed', 'ConnectionRefreshFailed'];

const internal = ['alias-claimed', 'alias-released', 'connection-listing-failed'];

it('has a sample of every fact, and of nothing else', () => {
  const published = eventTypes.filter((type) => /^io\.drover\.inventory\.(vm|connections?)-/.test(type));
  expect(published.length).toBeGreaterThan(10);
  const names = published.map((type) => type.split('.')[3]);
  expect(samples.map(({ name }) => name).sort()).toEqual([...names, ...internal].sort());
});

it.each(samples)('T79: $name loads', ({ name, fact }) => {
  expect(name).toBe(kebab(fact.type));
  const [discovered, added] = ['vm-discovered', 'connection-added'].map((first) => corpus[first]);
  if (isAliasFact(fact)) {
    const claimed = aliasDecider.evolve(aliasDecider.initial, { type: 'AliasClaimed', vmId });
    expect(aliasDecider.evolve(claimed, fact)).not.toEqual(claimed);
    return;
  }
  if (isConnectionSetFact(fact)) {
    const { initial, evolve } = connectionSetDecider;
    expect(evolve(initial, fact)).toEqual({ is: 'said', connectionIds: fact.connectionIds });
    return;
  }
  const before = isVm(fact)
    ? vmDecider.evolve(vmDecider.initial, discovered as VmFact)
    : connectionDecider.evolve(connectionDecider.initial, added as ConnectionFact);
  const after = isVm(fact)
    ? vmDecider.evolve(before as never, fact as VmFact)
    : connectionDecider.evolve(before as never, fact as ConnectionFact);
  expect(after).toBeDefined();
  if (!idle.includes(fact.type)) expect(after).not.toEqual(before);
});

it.each(samples.filter(({ name }) => !internal.includes(name)))('T62: $name is told in its one schema', ({ fact }) => {
  const said = inventoryPublished(stored(fact));
  const { type: _, ...data } = fact;
  expect(said?.type).toBe(`io.drover.inventory.${kebab(fact.type)}.v1`);
  expect(said?.data).toEqual(data);
  const schema = dataSchemaOf(said?.type ?? '');
  expect(schema?.parse(said?.data)).toEqual(data);
  const [aggregate, ...key] = streamOf(fact).split('-');
  expect(said).toMatchObject({ subject: `${aggregate}/${key.join('-')}`, partitionkey: key.join('-') });
  expect(isPublic(fact)).toBe(true);
});

it('says which refresh a fact belongs to, where somebody asked', () => {
  const refreshed = samples.find(({ fact }) => fact.type === 'ConnectionRefreshed')?.fact as Fact;
  expect(inventoryPublished(stored({ ...refreshed, op: 4 }))?.operationid).toBe('inventory.connection-site-a.4');
  expect(inventoryPublished(stored({ ...refreshed, op: null }))?.operationid).toBeUndefined();
});

it.each(samples.filter(({ name }) => internal.includes(name)))('$name stays in the house', ({ fact }) => {
  expect(inventoryPublished(stored(fact))).toBeNull();
  expect(isPublic(fact)).toBe(false);
});

it('tells what the audit recorded, and nothing that it does not know', () => {
  const audit = { type: 'AuditActionRecorded', command: 'connection.test', target: 'site-a' };
  expect(inventoryPublished({ ...stored(audit), stream: StreamId.of('audit', 'inventory') })).toMatchObject({
    type: 'io.drover.inventory.audit-action-recorded.v1',
  });
  expect(inventoryPublished(stored({ type: 'Unheard' }))).toBeNull();
});
