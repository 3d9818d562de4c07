import { expect, it } from '@jest/globals';
import * as z from 'zod';
import { eventTypes } from '../catalogue.js';
import { powerEvents } from '../events/power.v1.js';
import type { OperationTable } from './operation-record.js';
import { powerRoles } from './power-roles.js';
import { operationEvents, roleOf } from './roles.js';

// Wrong on purpose: the compiler must complain of it, or this file does not compile. Power learns to suspend, and nobody
// says what the new events do to an operation.
const withSuspend = {
  ...powerEvents,
  'suspend-requested': z.object({ op: z.int() }),
  'vm-suspended': z.object({ op: z.int() }),
} as const;
// @ts-expect-error -- both events lack their rows
powerRoles satisfies OperationTable<typeof withSuspend>;
({
  ...powerRoles,
  'suspend-requested': { role: 'begins', kind: 'vm.power-off', cancellable: true, says: () => ({}) },
  // @ts-expect-error -- an end that says no state
  'vm-suspended': { role: 'ends', says: () => ({}) },
}) satisfies OperationTable<typeof withSuspend>;

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
  expect(Object.keys(withSuspend).filter((name) => !Object.hasOwn(powerRoles, name))).toEqual([
    'suspend-requested',
    'vm-suspended',
  ]));
