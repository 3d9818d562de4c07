// Has one machine read once more, where its session is. Never: a reading by a process that does not hold the connection.
import type { StreamId } from '@drover/kernel';
import type { Leases, StreamsOf } from '@drover/ports';
import type { vmDecider } from '../../domain/vm.decider.js';
import { connectionLease } from './connection-lease.js';
import type { DoubtedMachines } from './doubted-machines.js';
import { machineOf } from './machine-of.js';

/** What doubting a machine takes. Who does not hold the lease of its connection cannot read it, and a session that begins reads all. */
export interface DoubtPorts {
  readonly vms: StreamsOf<typeof vmDecider>;
  readonly recorder: Pick<DoubtedMachines, 'doubt'>;
  readonly leases: Pick<Leases, 'holds'>;
}

/** The machine of a stream is read once more, by the process that has the session of its connection. */
export const doubtMachine = async (stream: StreamId, { vms, recorder, leases }: DoubtPorts) => {
  const machine = machineOf((await vms.load(stream)).state);
  if (machine && leases.holds(connectionLease(machine.connectionId))) recorder.doubt(machine.connectionId, machine.key);
};
