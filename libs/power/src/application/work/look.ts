// One look at a machine now, or why there is none. Never: an error for a provider that does not answer; that is an
// observation as well.
import { lastSeenIn, type VmRecord } from '@drover/contracts';
import type { Clock, PowerControl } from '@drover/ports';
import type { MachineReading } from '../../domain/power-verbs.js';
import type { Fault } from '../../domain/power-work.js';
import { machineAt, type DirectoryEntry } from '../directory/directory.js';
import { callProvider, type CallLimit, type CallPorts } from './call-provider.js';
import type { LookTimes } from './look-times.js';
import { blockedBecause } from './sign-ins.js';

/** What a look at a provider found: a reading and under which reference it was made, or why there is none. */
export type ProviderLook =
  | { readonly is: 'read'; readonly reading: MachineReading; readonly ref: string | undefined }
  | { readonly is: 'failed'; readonly fault: Fault };

/** What looking takes. */
export interface LookPorts extends CallPorts {
  readonly powerControl: PowerControl;
  readonly clock: Clock;
  readonly looks: LookTimes;
}

/** Whether a look found something else than was seen of the machine before: another state, or no machine. */
export const differsFrom = ({ observed }: Pick<VmRecord, 'observed'>, look: ProviderLook): boolean =>
  look.is === 'read'
    ? look.reading.power !== (lastSeenIn(observed)?.power ?? 'unknown')
    : look.fault.code === 'not_found';

const failed = (code: string, detail: string): ProviderLook => ({ is: 'failed', fault: { code, detail } });

/** Asks the provider now, for at most so long. Not readable is an observation, too: of nothing. */
export const look = async (entry: DirectoryEntry | null, limit: CallLimit, ports: LookPorts): Promise<ProviderLook> => {
  const machine = entry && machineAt(entry);
  if (!entry || !machine) return failed('provider_unreachable', 'It is not known where the machine is.');
  const because = await blockedBecause(entry, ports.signIns);
  if (because !== null) return failed('connection_blocked', because);
  const begun = ports.clock.monotonic();
  const called = await callProvider(entry, limit, ports, (signal) => ports.powerControl.read(machine, signal));
  if (called.is === 'failed') return { is: 'failed', fault: called.fault };
  ports.looks.took(machine.target.id, ports.clock.monotonic() - begun);
  const { ref, ...reading } = called.answer; // a fact holds what was read, not the provider's word for where
  return { is: 'read', reading, ref };
};
