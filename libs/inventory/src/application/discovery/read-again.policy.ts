// Reads single machines once more where two readings cannot be put in order: readings that overlapped, and verdicts of power
// from another run. A verdict that a reading did not confirm is read for with
// growing pauses. Never: read where another process has the connection's session, or count a provider that is down as an
// answer.
import { ConnectionId, type Policy, type VmId } from '@drover/kernel';
import { faultOf, ProviderFault, type MachineCatalog, type StreamsOf } from '@drover/ports';
import { connectionStream, isUsable, SIGN_IN_FAILED, type KnownConnection } from '../../domain/connection.js';
import type { vmDecider } from '../../domain/vm.decider.js';
import { vmStream, type VmState } from '../../domain/vm.js';
import type { PowerVerdict, PowerVerdicts } from './power-verdicts.js';
import { machineOf } from './machine-of.js';
import { sourceOf } from './source-of.js';
import { recordOf, targetOf } from './record-connection.js';
import { timeLimit } from './provider-calls.js';
import type { DiscoveryPorts } from './discovery-ports.js';
import { READ_AGAIN } from './doubted-machines.js';
import type { Source } from './observed-source.js';

/** How many machines are read by one request. */
const AT_ONCE = 64;
/** How many requests follow each other at once; what is still in doubt then waits. */
const ROUNDS = 3;
const LIMIT_MS = 30_000;
const BASE_MS = 100;
const CAP_MS = 10_000;
/** How long a verdict waits whose machine was read and could not confirm it: a second first, then twice as long each time. */
const PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 5 * 60_000;

/** What reading once more takes. */
export interface ReadAgainPorts extends DiscoveryPorts {
  readonly catalog: MachineCatalog;
  readonly vms: StreamsOf<typeof vmDecider>;
  readonly verdicts: PowerVerdicts;
  readonly stopping: AbortSignal;
}

/** Whether a verdict needs no reading any more: the stream has one that was made after it, or there is no machine. */
const isSettled = ({ sequence, power, run, n }: PowerVerdict, vm: VmState) => {
  if (vm.is !== 'seen' && vm.is !== 'missing') return true;
  // Of one run everybody knows which is the later one, and both say the same.
  if (run !== undefined && vm.reading.run === run && vm.reading.power === power) return true;
  // A verdict that nobody numbered is older than any reading that somebody did.
  return vm.verdict >= sequence || (n === undefined && vm.reading.n !== undefined);
};

/**
 * Reads machines once more where nobody can tell which reading of them is the newest: readings of this process that
 * overlapped, and verdicts of power that another process run read. What a reading finds after a verdict is told in any
 * case, so that everybody knows. A provider that is down only delays it.
 */
export const readAgain = (ports: ReadAgainPorts): Policy => {
  const { connections, catalog, registry, clock, vms, recorder, verdicts, jobs, stopping } = ports;
  const tries = new Map<ConnectionId, number>();

  /** Verdicts that a reading did not confirm, by the machine: how often, and when it is read for them again, monotonic. */
  const paused = new Map<VmId, { readonly sequence: number; readonly times: number; readonly until: number }>();
  const isDue = ({ vmId, sequence }: PowerVerdict) => {
    const pause = paused.get(vmId);
    return pause?.sequence !== sequence || clock.monotonic() >= pause.until;
  };
  const pause = ({ vmId, sequence }: PowerVerdict) => {
    const known = paused.get(vmId);
    const times = known?.sequence === sequence ? known.times : 0;
    const ms = Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** times);
    paused.set(vmId, { sequence, times: times + 1, until: clock.monotonic() + ms });
  };

  /** The verdicts that wait for a reading, by connection and key. Those that need none are settled here. */
  const waiting = async () => {
    const found = new Map<ConnectionId, Map<string, PowerVerdict>>();
    const unconfirmed = await verdicts.unconfirmed();
    const waits = new Set(unconfirmed.map(({ vmId }) => vmId));
    for (const vmId of paused.keys()) if (!waits.has(vmId)) paused.delete(vmId);
    for (const heard of unconfirmed) {
      const { state } = await vms.load(vmStream(heard.vmId));
      const machine = machineOf(state);
      if (isSettled(heard, state) || !machine) await verdicts.confirm(heard);
      else if (state.is === 'seen') {
        const ofConnection = found.get(machine.connectionId) ?? new Map<string, PowerVerdict>();
        found.set(machine.connectionId, ofConnection.set(machine.key, heard));
      } // a missing one is read when its provider shows it again
    }
    return found;
  };

  /** Reads some of the machines in doubt and records what they say; false when there are none. */
  const round = async (source: Source, connection: KnownConnection, signal: AbortSignal) => {
    const id = source.connectionId;
    const heard = (await waiting()).get(id) ?? new Map<string, PowerVerdict>();
    const doubts = recorder.doubts.get(id) ?? new Set<string>();
    const due = [...heard].flatMap(([uuid, verdict]) => (isDue(verdict) ? [uuid] : []));
    const uuids = [...new Set([...doubts, ...due])].slice(0, AT_ONCE);
    if (uuids.length === 0) return false;
    const doubted = uuids.filter((uuid) => doubts.delete(uuid)); // what comes into doubt from here on is read again
    try {
      const machines = await catalog.read(targetOf(id, connection), uuids, signal).catch((error: unknown) => {
        throw faultOf(error);
      });
      const told = new Map(uuids.flatMap((uuid) => heard.get(uuid) ?? []).map((verdict) => [verdict.vmId, verdict]));
      await recorder.observe(source, machines, told);
      for (const verdict of told.values()) pause(verdict); // until it is known whether that confirmed it
    } catch (error) {
      for (const uuid of doubted) doubts.add(uuid);
      throw error;
    }
    return true;
  };

  return {
    name: READ_AGAIN,
    advance: async (key, given) => {
      const id = ConnectionId.parse(key);
      const { state } = await connections.load(connectionStream(id));
      if (state.is !== 'known' || !isUsable(state)) return;
      const late = timeLimit(clock, LIMIT_MS);
      const signal = AbortSignal.any([given, stopping, late.signal]);
      const source = sourceOf(id, state, registry);
      try {
        for (let left = ROUNDS; left > 0; left--)
          if (!(await round(source, state, signal))) return void tries.delete(id);
      } catch (error) {
        if (given.aborted || stopping.aborted) return; // the next process reads everything anew
        if (!(error instanceof ProviderFault)) throw error;
        const { revision } = state;
        if (error.code === SIGN_IN_FAILED)
          await recordOf(ports, READ_AGAIN, id, { type: 'RefuseSignIn', service: 'inventory', revision });
      } finally {
        late.callOff();
      }
      const tried = (tries.get(id) ?? 0) + 1;
      tries.set(id, tried);
      jobs.nudge(READ_AGAIN, id, Math.min(CAP_MS, BASE_MS * 2 ** tried));
    },
    unfinished: async () => {
      const inDoubt = [...recorder.doubts].filter(([, uuids]) => uuids.size > 0).map(([id]) => id);
      const due = [...(await waiting())].filter(([, heard]) => [...heard.values()].some(isDue)).map(([id]) => id);
      return [...new Set([...inDoubt, ...due])];
    },
  };
};
