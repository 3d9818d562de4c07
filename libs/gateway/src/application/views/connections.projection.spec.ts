import { expect, it } from '@jest/globals';
import { toCloudEvent, type PublicEvent } from '@drover/contracts';
import { FactId, StreamId } from '@drover/kernel';
import { NOON, SITE } from '../../testing.js';
import { connectionsProjection, isClosed, type FleetConnection } from './connections.projection.js';

const fold = (...told: readonly (readonly [name: string, data: object])[]) => {
  const row = told.reduce<FleetConnection | null>((before, [name, data], i) => {
    const type = `io.drover.inventory.${name}.v1`;
    const said = { type, subject: `connection/${SITE}`, partitionkey: SITE, data } as object as PublicEvent;
    const stream = StreamId.of('connection', SITE);
    const about = {
      service: 'inventory',
      stream,
      id: FactId.create(),
      sequence: i + 1,
      at: NOON,
      actor: 'ana',
    } as const;
    const event = toCloudEvent(said, about);
    return connectionsProjection.evolve(before, { type: event.type, position: i + 1, event, simulated: false });
  }, null);
  if (!row) throw new Error('no connection');
  return row;
};
const added = ['connection-added', { name: 'Site A', kind: 'vsphere', revision: 1 }] as const;
const refused = (revision: number) => ['connection-sign-in-failed', { service: 'inventory', revision }] as const;
const reset = (revision: number) => ['connection-sign-in-reset', { revision }] as const;

it('is blocked from a refused sign-in until someone resets it, and again when it is refused again', () => {
  expect(isClosed(fold(added))).toBe(false);
  expect(isClosed(fold(added, refused(1)))).toBe(true);
  expect(isClosed(fold(added, refused(1), reset(2)))).toBe(false);
  expect(isClosed(fold(added, refused(1), reset(2), refused(2)))).toBe(true);
});

it('is blocked while it is no longer configured', () => {
  const turned = (to: string, code: string | null) => ['connection-state-changed', { from: 'up', to, code }] as const;
  expect(isClosed(fold(added, turned('down', 'not_configured')))).toBe(true);
  expect(isClosed(fold(added, turned('down', 'not_configured'), turned('up', null)))).toBe(false);
});

it('is not blocked by what was refused before it was changed', () => {
  const changed = ['connection-changed', { name: 'Site A', kind: 'vsphere', revision: 2 }] as const;
  expect(isClosed(fold(added, refused(1), changed))).toBe(false);
  expect(isClosed(fold(added, changed, refused(1)))).toBe(false);
});
