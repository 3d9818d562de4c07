// What inventory takes from power: verdicts become observations, a refused sign-in blocks the connection for everybody, a
// machine that its provider does not know is looked into. The position moves only after that. Never: record a verdict of
// another run by its time; it waits until the machine was read once more.
import {
  isEvent,
  verdictEvents,
  verdictIn,
  type CloudEvent,
  type EventType,
  type ReadVerdict,
} from '@drover/contracts';
import { recordedOrder, StreamId, VmId } from '@drover/kernel';
import {
  parkingConsumer,
  type Consumer,
  type Move,
  type ParkingPorts,
  type ReadCounter,
  type ViewGroup,
} from '@drover/ports';
import type { PowerVerdict, PowerVerdicts } from './power-verdicts.js';
import { recordOf } from './record-connection.js';
import type { DiscoveryPorts } from './discovery-ports.js';
import { notFound } from './removals.js';

const NAME = 'power-outcomes';
const REFUSED = 'io.drover.power.connection-sign-in-refused.v1';
const FAILED = 'io.drover.power.power-operation-failed.v1';
/** How an operation ends whose machine its provider does not know. */
const UNKNOWN = ['vm_gone', 'not_found'];

/** What inventory listens to of power. */
export const powerOutcomeTypes: ReadonlySet<EventType> = new Set([...verdictEvents, REFUSED, FAILED]);

/** What hearing takes. `unsettled` is called when there are verdicts that have to be confirmed by another reading. */
export interface OutcomePorts extends DiscoveryPorts {
  readonly reads: ReadCounter;
  readonly verdicts: PowerVerdicts;
}

/**
 * What power found out counts as observed, and a sign-in that it was refused is one for all. A verdict of this process
 * run is recorded where it stands among the readings of the run. Where that is in doubt, or another run read, it is kept
 * until the machine was read once more. The position moves after the deed, so nothing is lost; a repeat adds nothing.
 */
export const powerOutcomes = (
  group: ViewGroup,
  ports: OutcomePorts & ParkingPorts,
  unsettled: () => void,
): Consumer => {
  const { recorder, reads, verdicts } = ports;

  const hear = async (event: CloudEvent, { power, tools, observedAt, ...read }: ReadVerdict): Promise<PowerVerdict> => {
    const vmId = VmId.parse(event.partitionkey);
    const after = { stream: StreamId.of('power', vmId), sequence: Number(event.sequence) };
    const order = recordedOrder(read);
    const own = order?.run === reads.run ? order : null;
    const confirmed = own !== null && (await recorder.observePower(vmId, { power, tools, observedAt, ...own, after }));
    return { vmId, power, confirmed, ...after, ...order };
  };

  const fold = async (source: string, events: readonly CloudEvent[], move: Move) => {
    const heard: PowerVerdict[] = [];
    for (const event of events) {
      const outcome = verdictIn(event);
      if (outcome) heard.push(await hear(event, outcome));
      else if (isEvent(event, FAILED)) {
        if (UNKNOWN.includes(event.data.code)) await notFound(VmId.parse(event.partitionkey), ports);
      } else if (isEvent(event, REFUSED)) {
        const { connectionId, revision } = event.data;
        await recordOf(ports, NAME, connectionId, { type: 'RefuseSignIn', service: 'power', revision });
      }
    }
    await verdicts.hear(heard, source, move);
    if (heard.some(({ confirmed }) => !confirmed)) unsettled();
  };
  return parkingConsumer({ service: 'inventory', name: NAME, listensTo: powerOutcomeTypes, group, fold }, ports);
};
