import { expect, it } from '@jest/globals';
import * as z from 'zod';
import { eventTypes } from '../catalogue.js';
import { powerEvents } from '../events/power.v1.js';
import type { OperationTable } from './operation-record.js';
import { powerRoles } from './power-roles.js';
import { machineVerbs, operationEvents, roleOf, verdictEvents, verdictIn } from './roles.js';

// Wrong on purpose: the compiler must complain of it, or this file does not compile. Power learns to hibernate, and nobody
// says what the new events do to an operation.
const withHibernate = {
  ...powerEvents,
  'hibernate-requested': z.object({ op: z.int() }),
  'vm-hibernated': z.object({ op: z.int() }),
} as const;
// @ts-expect-error -- both events lack their rows
powerRoles satisfies OperationTable<typeof withHibernate>;
({
  ...powerRoles,
  'hibernate-requested': { role: 'begins', kind: 'vm.power-off', cancellable: true, says: () => ({}) },
  // @ts-expect-error -- an end that says no state
  'vm-hibernated': { role: 'ends', says: () => ({}) },
}) satisfies OperationTable<typeof withHibernate>;

it('knows what each event that is told does to an operation; the audit belongs to none', () => {
  for (const type of eventTypes) {
    const { role } = roleOf(type);
    if (type.includes('.audit-')) expect(role).toBe('none');
    else expect(['begins', 'moves', 'ends', 'revises', 'none']).toContain(role);
  }
  expect(operationEvents('inventory', 'begins', 'moves', 'ends')).toEqual([
    'io.drover.inventory.connection-refresh-requested.v1',
    'io.drover.inventory.connection-refreshed.v1',
    'io.drover.inventory.connection-refresh-failed.v1',
  ]);
  expect(operationEvents('gateway', 'begins', 'moves', 'ends')).toEqual([]);
});

it('has an end for each service in which something begins', () => {
  for (const service of ['power', 'inventory'] as const) {
    expect(operationEvents(service, 'begins').length).toBeGreaterThan(0);
    expect(operationEvents(service, 'ends').length).toBeGreaterThan(operationEvents(service, 'begins').length);
  }
});

it('has a row for each event of power, and would lack two for one more verb', () =>
  expect(Object.keys(withHibernate).filter((name) => !Object.hasOwn(powerRoles, name))).toEqual([
    'hibernate-requested',
    'vm-hibernated',
  ]));

it('says what was read of the machine at a verified end, in its order among readings, and nothing at any other', () => {
  const read = { observedAt: '2026-11-20T10:00:00.000Z', run: 'a', n: 7 };
  const said = (name: string, data: object) =>
    verdictIn({ type: `io.drover.power.${name}.v1`, data: { op: 1, durationSeconds: 1, ...data } } as never);
  expect(said('vm-powered-off', { method: 'already-off', previousState: 'poweredOff', ...read })).toEqual({
    ...{ power: 'poweredOff', tools: null, changed: false, ...read },
  });
  expect(said('vm-powered-on', { previousState: 'poweredOff', tools: 'toolsOk', ...read })).toEqual({
    ...{ power: 'poweredOn', tools: 'toolsOk', changed: true, ...read },
  });
  expect(said('power-operation-expired', { lastObserved: 'poweredOn' })).toBeNull();
  expect(verdictEvents).toContain('io.drover.power.vm-restarted.v1');
  expect(verdictEvents).not.toContain('io.drover.power.power-operation-failed.v1');
  expect(machineVerbs).toEqual(expect.arrayContaining(['vm.power-off', 'vm.power-on', 'vm.restart']));
  expect(machineVerbs).not.toContain('bulk.start');
});
