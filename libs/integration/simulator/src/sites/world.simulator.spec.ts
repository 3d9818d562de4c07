import { expect, it } from '@jest/globals';
import { virtualClock } from '@drover/ports';
import { accepted, down } from './calls.simulator.js';
import { machinesOf } from './fleet.simulator.js';
import type { CallOrigin } from './ledger.simulator.js';
import { LedgerUnwritable, worldOf } from './world.simulator.js';

const asked: CallOrigin = {
  vmId: null,
  call: 'outside',
  operationId: null,
  attempt: null,
  epoch: null,
  order: null,
  outsideLine: 1,
};

it('what the disk does not take has not happened, and says so to whoever called', () => {
  const full = new Error('ENOSPC');
  const append = () => {
    throw full;
  };
  const world = worldOf(virtualClock(), {
    restore: () => [],
    last: () => 0,
    outsideLine: () => 0,
    append,
    close: () => {},
  });
  Array.from(world.restore(machinesOf(2, 'drover'), () => null));
  const before = world.all();
  const [machine] = before;
  if (!machine) throw new Error('there is no machine');
  const off = accepted('poweredOff', { effective: true, steps: down(0, 'poweredOff'), hastens: null });
  const thrown = (write: () => unknown) => {
    try {
      return write();
    } catch (error) {
      return error;
    }
  };
  for (const write of [() => world.record(machine, off, asked), () => world.note(asked, 'not_found', 'nobody')]) {
    expect(thrown(write)).toBeInstanceOf(LedgerUnwritable);
    expect(thrown(write)).toMatchObject({ name: 'ProviderFault', code: 'provider_error', sent: 'no', cause: full });
  }
  expect(world.all()).toEqual(before);
});
