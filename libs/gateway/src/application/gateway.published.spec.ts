import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { catalogue, CloudEvent, dataSchemaOf, toCloudEvent } from '@drover/contracts';
import { FactId, StreamId, type Fact } from '@drover/kernel';
import type { StoredFact } from '@drover/ports';
import { NOON } from '../testing.js';
import { gatewayPublished } from './gateway.published.js';

const corpus = JSON.parse(readFileSync(new URL('../../corpus/v1.json', import.meta.url), 'utf8')) as Record<
  string,
  Fact
>;
const released = Object.entries(corpus);
const stored = (fact: Fact): StoredFact => ({
  ...{ type: fact.type, stream: StreamId.of('audit', 'gateway'), id: FactId.create(), sequence: 1 },
  ...{ at: NOON, actor: 'ana', reason: null, fact },
});

it('T79: loads a stored fact of every shape that was released, one of each event that is told', () =>
  expect(Object.keys(corpus).sort()).toEqual(Object.keys(catalogue.gateway).sort()));

it.each(released)('tells %s in the shape of the contract', (name, fact) => {
  const said = gatewayPublished(stored(fact));
  expect(said).toMatchObject({
    type: `io.drover.gateway.${name}.v1`,
    subject: 'audit/gateway',
  });
  if (!said) throw new Error('not told');
  const { type: _, ...data } = fact;
  expect(dataSchemaOf(said.type)?.parse(said.data)).toEqual(data);
  const event = toCloudEvent(said, { service: 'gateway', ...stored(fact) });
  expect(CloudEvent.parse(event)).toEqual(event);
});

it('has no other facts', () => expect(gatewayPublished(stored({ type: 'Other' }))).toBeNull());
