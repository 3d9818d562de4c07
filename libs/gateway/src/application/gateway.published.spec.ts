import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { catalogue, CloudEvent, dataSchemaOf, toCloudEvent } from '@drover/contracts';
import { FactId, StreamId, type Fact } from '@drover/kernel';
import type { StoredFact } from '@drover/ports';
import { NOON } from '../testing.js';
import { gatewayPublished } from './gateway.published.js';

const corpus = new URL('../../corpus/', import.meta.url);
const released = readdirSync(corpus);
const stored = (fact: Fact): StoredFact => ({
  ...{ type: fact.type, stream: StreamId.of('audit', 'gateway'), id: FactId.create(), sequence: 1 },
  ...{ at: NOON, actor: 'ana', reason: null, fact },
});

it('T79: loads a stored fact of every shape that was released, one of each event that is told', () =>
  expect(released.map((file) => file.replace('.v1.json', '')).sort()).toEqual(Object.keys(catalogue.gateway).sort()));

it.each(released)('tells %s in the shape of the contract', (file) => {
  const fact = JSON.parse(readFileSync(new URL(file, corpus), 'utf8')) as Fact;
  const said = gatewayPublished(stored(fact));
  expect(said).toMatchObject({
    type: `io.drover.gateway.${file.replace('.v1.json', '')}.v1`,
    subject: 'audit/gateway',
  });
  if (!said) throw new Error('not told');
  const { type: _, ...data } = fact;
  expect(dataSchemaOf(said.type)?.parse(said.data)).toEqual(data);
  const event = toCloudEvent(said, { service: 'gateway', ...stored(fact) });
  expect(CloudEvent.parse(event)).toEqual(event);
});

it('has no other facts', () => expect(gatewayPublished(stored({ type: 'Other' }))).toBeNull());
