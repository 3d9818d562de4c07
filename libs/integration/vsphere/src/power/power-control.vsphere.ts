// Power of vSphere machines: one reading, or one call with its task. The reference is looked up anew before each call that
// changes something. Never: send under a reference other than the one that was read, or after `isHeld` says no.
import { ProviderFault, type MachineRef, type PowerCall, type PowerControl } from '@drover/ports';
import { effectFault } from '../faults.vsphere.js';
import { readMachine } from '../machines/find.vsphere.js';
import { READ, readingOf } from './reading.vsphere.js';
import { momentOf, type Timing } from '../machines/read-moment.vsphere.js';
import type { OpenConnection, OpenConnections } from '../session/sessions.vsphere.js';
import { returned } from '../soap/soap.vsphere.js';
import { taskEnd } from '../soap/tasks.vsphere.js';
import { refOf, type Ref } from '../soap/xml.vsphere.js';

/** The methods behind the calls. Those that ask the guest answer at once, the others begin a task. */
const METHODS: Readonly<Record<PowerCall, string>> = {
  'shutdown-guest': 'ShutdownGuest',
  'reboot-guest': 'RebootGuest',
  'power-off': 'PowerOffVM_Task',
  'power-on': 'PowerOnVM_Task',
  reset: 'ResetVM_Task',
};

/** What says, before a call, that a reference is the machine. */
const IDENTITY = ['config.instanceUuid'];

/**
 * Power by the provider's own methods. Who is meant is asked anew before each call that changes something: a reference
 * that was kept may be another machine's by now, and what was read under another one is no reason to call this one. The
 * operation's token has no place in these methods, so it stays here.
 */
export const vspherePowerControl = (sessions: OpenConnections, timing: Timing): PowerControl => {
  const called = async (open: OpenConnection, machine: MachineRef, signal: AbortSignal) => {
    const { ref } = await readMachine(open, machine, { paths: IDENTITY, ask: true }, signal);
    if (machine.ref === undefined || machine.ref === ref.id) return ref;
    throw new ProviderFault('busy', `the machine was read as ${machine.ref} and is ${ref.id} now: nothing was sent`);
  };
  const begin = async (
    { session }: OpenConnection,
    request: { readonly self: Ref; readonly method: string; readonly mayStart?: () => boolean },
    signal: AbortSignal,
  ) => {
    try {
      return refOf(returned(await session.run((ask) => ask(request), signal))[0]);
    } catch (error) {
      throw effectFault(error);
    }
  };
  return {
    read: async (machine, signal) => {
      const moment = momentOf(timing); // what comes back is not older than this
      const reading = await readMachine(sessions.of(machine.target), machine, { paths: READ }, signal);
      try {
        return { ...readingOf(reading, moment), ref: reading.ref.id };
      } catch (cause) {
        throw new ProviderFault('provider_error', (cause as Error).message, 'no', { cause });
      }
    },
    send: async (machine, call, { isHeld }, signal) => {
      const open = sessions.of(machine.target);
      const self = await called(open, machine, signal);
      const request = { method: METHODS[call], self, ...(isHeld && { mayStart: isHeld }) };
      const task = await begin(open, request, signal);
      if (!task) return {};
      const done = await taskEnd({ session: open.session, clock: timing.clock }, { task, machine: self }, signal);
      return done ? { task: task.id } : {};
    },
  };
};
