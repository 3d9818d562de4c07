// What the specs of this folder stand on. Nothing here is for production.
import { isRejection, OperationId, StreamId, VmId, type Actor, type Mode } from '@drover/kernel';
import { ProviderFault, StoreRefused, type EventStore } from '@drover/ports';
import { ana, keyed, machineRoom, SITE, type MachineRoom, type Process } from '../../testing.js';

/** Somebody who may do everything and gives no key. */
export const bare: Actor = { ...ana, requestId: 'r2' };

/** Somebody who may not use force. */
export const eve: Actor = { ...ana, sub: 'eve', rights: ['vm:read', 'vm:operate'] };

/** An operation that nobody asked for. */
export const noOperation = OperationId.of('power', StreamId.of('power', VmId.create()), 1);

/** A machine that is on, and a process. */
export const open = async () => {
  const room = machineRoom();
  const vmId = room.machine();
  return { room, vmId, process: await room.boot() };
};

/** The same, and nothing is worked on: a request stays as it was asked. */
export const still = async () => {
  const world = await open();
  await world.process.jobs.stop();
  return world;
};

/** A power-off, and its operation. */
export const off = async ({ power }: Process, vmId: VmId, mode: Mode = 'soft', timeoutSeconds = 60) => {
  const asked = await power.powerOff({ vmId, mode, timeoutSeconds }, keyed(`${mode} ${timeoutSeconds}`));
  if (isRejection(asked)) throw new Error(asked.because);
  return asked.operation.id;
};

/** A power-off whose end nobody could read: its call went out, and then the provider was gone. */
export const endedUnknown = async (mode: Mode = 'hard') => {
  const world = await open();
  const { room, process, vmId } = world;
  room.room.behave = async () => void (room.room.fault = () => new ProviderFault('provider_unreachable', 'down'));
  const id = await off(process, vmId, mode, 10);
  await room.clock.advance(10_000);
  return { ...world, id };
};

/** The provider is there again and does what it is told. */
export const mended = ({ room }: MachineRoom) =>
  Object.assign(room, { fault: null, behave: async (_: unknown, obey: () => Promise<void>) => obey() });

/** A bulk of power-offs. */
export const offAll = async ({ power }: Process, targets: readonly VmId[], actor: Actor = keyed('b1')) => {
  const request = { action: 'power-off', targets, mode: 'soft', timeoutSeconds: 300 } as const;
  const asked = await power.startBulk(request, actor);
  if (isRejection(asked)) throw new Error(asked.because);
  return asked;
};

/** From now on the store knows that it lacks something. */
export const cutShort = ({ eventStore }: MachineRoom) =>
  Object.assign<EventStore, Pick<EventStore, 'lack'>>(eventStore, {
    lack: () => new StoreRefused('store_shorter_than_anchor', 'It ends before its anchor.'),
  });

/** Every commit there is. */
export const commits = ({ eventStore }: MachineRoom) => eventStore.readAll(0, 999);

type Ask = (vmId: VmId, actor: Actor) => Promise<unknown>;

/** What stands against any request outside of the machine's stream: each case with its code, the last two for good. */
export const hindered = async (room: MachineRoom, { flows }: Process, vmId: VmId, ask: Ask) => {
  const answers: Record<string, unknown> = { not_found: await ask(VmId.create(), bare) };
  const registered = VmId.create();
  const named = { connectionId: null, aliases: [], name: 'later-01', groupIds: [] };
  room.tell('io.drover.inventory.vm-registered.v1', registered, named);
  await flows.caughtUp();
  answers['vm_not_ready'] = await ask(registered, bare);
  answers['version_mismatch'] = await ask(vmId, { ...bare, ifMatch: '"nonsense"' });
  room.tell('io.drover.inventory.connection-sign-in-failed.v1', SITE, { service: 'inventory', revision: 1 });
  await flows.caughtUp();
  answers['connection_blocked'] = await ask(vmId, bare);
  room.tell('io.drover.inventory.vm-retired.v1', vmId, { cause: 'gone' });
  await flows.caughtUp();
  answers['vm_gone'] = await ask(vmId, bare);
  return answers;
};
