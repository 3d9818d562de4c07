// How one reading of one machine is recorded: through the decider. A reading that was sent before the last one was answered
// is dropped, and the machine is read once more. Never: over a reading that may be newer.
import { isRejection, policyActor, type ReadOrder, type VmId } from '@drover/kernel';
import { contextOf, type Clock, type StreamsOf } from '@drover/ports';
import { settled } from '../../domain/aliases.js';
import type { vmDecider, VmCommand } from '../../domain/vm.decider.js';
import type { VerdictRef } from '../../domain/vm.events.js';
import { vmStream } from '../../domain/vm.js';
import type { DoubtedMachines } from './doubted-machines.js';
import type { PowerVerdicts } from './power-verdicts.js';
import type { KeptReadings } from './kept-readings.js';
import type { ObservationResult, ReadMachine, Source } from './observed-source.js';

/** Under which name observations are recorded. */
export const OBSERVER = 'observe-machines';

/** What recording a reading takes. */
export interface RecordReadingPorts extends Pick<DoubtedMachines, 'doubt'> {
  readonly vms: StreamsOf<typeof vmDecider>;
  readonly clock: Clock;
  readonly verdicts: Pick<PowerVerdicts, 'get'>;
  readonly kept: KeptReadings;
}

/** Records what was observed of a machine. An observation is never refused. */
export const recordObservation = async (
  vmId: VmId,
  command: VmCommand,
  { vms, clock }: Pick<RecordReadingPorts, 'vms' | 'clock'>,
) => {
  const context = contextOf(policyActor(OBSERVER, vmStream(vmId)), null, clock.now());
  const outcome = await vms.transact(vmStream(vmId), command, context);
  if (isRejection(outcome)) throw new Error(`an observation is never refused: ${outcome.because}`);
  return outcome;
};

/** The confirmed verdict that certainly came before a reading: an earlier one of its run, or any of another run. */
const verdictBefore = async (
  vmId: VmId,
  { run, n }: ReadOrder,
  verdicts: RecordReadingPorts['verdicts'],
): Promise<VerdictRef | null> => {
  const heard = await verdicts.get(vmId);
  if (!heard?.confirmed || (heard.run === run && n <= (heard.n ?? n))) return null;
  return { stream: heard.stream, sequence: heard.sequence };
};

/** A reading of a machine. `print`: what it says. `told`: the verdict that it was made for, to be told in any case. */
export interface ReadingToRecord {
  readonly machine: ReadMachine;
  readonly vmId: VmId;
  readonly print: string;
  readonly told: VerdictRef | undefined;
}

/** Records one reading, if nothing newer is known. */
export const recordReading = async (
  { connectionId, groupIds }: Pick<Source, 'connectionId' | 'groupIds'>,
  { machine, vmId, print, told }: ReadingToRecord,
  ports: RecordReadingPorts,
): Promise<ObservationResult> => {
  const reading = ports.kept.take(vmId, machine, print);
  if (!reading) {
    ports.doubt(connectionId, machine.key);
    return { vmId, found: 'late' };
  }
  try {
    const { key: _, answered: _answered, ...read } = machine;
    const aliases = read.aliases.map((alias) => settled(alias, connectionId));
    const before = told ? null : await verdictBefore(vmId, machine, ports.verdicts);
    const named = told ? { after: told, confirms: true as const } : before ? { after: before } : {};
    const command = { type: 'Observe', connectionId, groupIds, ...read, aliases, ...named } as const;
    const outcome = await recordObservation(vmId, command, ports);
    reading.recorded(outcome.after.version);
    const added = outcome.facts.some(({ type }) => type === 'VmDiscovered');
    return { vmId, found: added ? 'added' : outcome.facts.length > 0 ? 'changed' : 'same' };
  } catch (error) {
    reading.lost();
    throw error;
  }
};
