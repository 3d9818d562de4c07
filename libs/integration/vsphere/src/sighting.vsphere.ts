import * as z from 'zod';
import type { ReadMoment } from '@drover/kernel';
import type { Machine } from '@drover/ports';
import type { Details } from './details.vsphere.js';
import type { MachineCache } from './machine-cache.vsphere.js';
import { machineOf, type Scalars, type Surroundings } from './machine.vsphere.js';

const Power = z.enum(['poweredOn', 'poweredOff', 'suspended']);

/**
 * A machine as it is seen now, and remembered. One whose configuration cannot be read, because its storage is gone, is
 * still there: it is what it was, as far as it is known. Otherwise a lost disk would look like a lost machine.
 */
export const seen = (
  cache: MachineCache,
  id: string,
  { scalars, details }: { readonly scalars: Scalars; readonly details: Details },
  around: Surroundings,
  moment: ReadMoment,
): Machine | null => {
  const machine = machineOf(id, [scalars, details], around, moment);
  if (machine) cache.remember(id, machine);
  if (machine || scalars['config.template'] === 'true') return machine;
  const last = cache.last(id);
  const power = Power.safeParse(scalars['runtime.powerState']);
  return last && power.success ? { ...last, power: power.data, tools: 'unknown', ...moment } : null;
};
