import { Instant, systemNow, VmId } from '@drover/kernel';
import { turnsRed } from '../laws/testing.js';
import { ProviderFault } from '../provider-fault.js';
import { sampleTarget as target } from '../samples.js';
import { powerControlLaws, type PowerControlBench } from './power-control.contract.js';
import { memoryPowerControl } from './power-control.memory.js';
import type { PowerCall, PowerControl, PowerReading } from './power-control.js';

const benchOf = (change: (control: PowerControl) => Partial<PowerControl> = () => ({})): PowerControlBench => {
  let moment = systemNow();
  const memory = memoryPowerControl(() => (moment = Instant.plusSeconds(moment, 1)));
  const machine = { vmId: VmId.create(), key: VmId.create(), target };
  return {
    control: { ...memory, ...change(memory) },
    machine,
    within: -1, // it obeys at once
    reset: async () => {},
    disconnect: async () => void (memory.machine(machine.vmId).connected = false),
    markAsTemplate: async () => void (memory.machine(machine.vmId).template = true),
  };
};

/** A power control that is right but for what becomes of some calls. */
const sending = (calls: readonly PowerCall[], send: (control: PowerControl) => PowerControl['send']) =>
  benchOf((control) => ({
    send: (machine, call, ...rest) => (calls.includes(call) ? send(control) : control.send)(machine, call, ...rest),
  }));
const all: readonly PowerCall[] = ['shutdown-guest', 'power-off', 'power-on', 'reboot-guest', 'reset'];

/** Wrong on purpose: it answers from what it read first. */
const remembering = () => {
  let first: ReturnType<PowerControl['read']> | undefined;
  return benchOf(({ read }) => ({ read: (...of) => (first ??= read(...of)) }));
};

/** Wrong on purpose: it knows nothing of tools and says that they do not run. */
const toolless = () =>
  benchOf(({ read }) => ({
    read: async (...of) => ({ ...(await read(...of)), tools: 'toolsNotRunning' }) as PowerReading, // as no type lets it
  }));

/** Wrong on purpose: it takes the guest's word for the deed, and asks none. */
const trusting = () => sending(['shutdown-guest'], () => async () => ({}));

/** Wrong on purpose: it says that a reset was taken, and makes none. */
const lazy = () => sending(['reset'], () => async () => ({}));

/** Wrong on purpose: it restarts by switching off, and leaves it at that. */
const halfway = () =>
  sending(
    ['reboot-guest', 'reset'],
    ({ send }) =>
      (machine, _call, ...rest) =>
        send(machine, 'power-off', ...rest),
  );

/** Wrong on purpose: where there is nothing to change, all is well. */
const forgiving = () =>
  sending(all, ({ send }) => async (...of) => {
    return send(...of).catch((error: ProviderFault) => {
      if (error.code !== 'invalid_power_state') throw error;
      return {};
    });
  });

/** Wrong on purpose: whatever goes wrong, it does not know whether the call was taken. */
const vague = () =>
  sending(all, ({ send }) => async (...of) => {
    return send(...of).catch(({ code, detail }: ProviderFault) => {
      throw new ProviderFault(code, detail, 'maybe');
    });
  });

/** Wrong on purpose: it does not look at the signal. */
const heedless = () =>
  sending(
    all,
    ({ send }) =>
      (machine, call, token) =>
        send(machine, call, token, new AbortController().signal),
  );

/** Wrong on purpose: it looks at the signal when the call is made. */
const late = () =>
  sending(all, ({ send }) => async (machine, call, token, signal) => {
    const sent = await send(machine, call, token, new AbortController().signal);
    if (signal.aborted) throw new ProviderFault('no_answer', 'called off');
    return sent;
  });

/** Wrong on purpose: it numbers an answer when it comes, so one that took long looks new. */
const stamping = () => {
  let n = 0;
  let [slow, behind] = [true, Promise.resolve() as Promise<unknown>];
  return benchOf(({ read }) => ({
    read: async (...of) => {
      const [first, before] = [slow, behind];
      slow = false;
      const reading = read(...of);
      behind = reading;
      await (first ? new Promise((done) => setTimeout(done, 5)) : before);
      return { ...(await reading), n: ++n };
    },
  }));
};

/** Wrong on purpose: it takes what the provider shows of a machine that is out of reach for the state of now. */
const believing = () =>
  benchOf(({ read }) => ({
    read: async (...of) => {
      const { lastKnown, ...reading } = await read(...of);
      return { ...reading, power: lastKnown?.power ?? reading.power } as PowerReading; // as no type lets it
    },
  }));

/** Wrong on purpose: it takes every template for a machine. */
const undiscerning = () =>
  benchOf(({ read }) => ({ read: async (...of) => ({ ...(await read(...of)), template: false }) }));

/** Wrong on purpose: it names the task as soon as the provider took it, and the machine changes later. */
const early = () =>
  sending(['power-off'], ({ send }) => async (...of) => {
    setImmediate(() => void send(...of).catch(() => {}));
    return { task: 'task-1' };
  });

/** Wrong on purpose: it makes up a task for a guest that was asked. */
const inventing = () =>
  sending(['shutdown-guest'], ({ send }) => async (...of) => ({ ...(await send(...of)), task: 'task-1' }));

/** Wrong on purpose: it asks whether its sender may act, and then waits. */
const premature = () =>
  benchOf(({ send }) => ({
    send: (machine, call, { isHeld, ...data }, ...rest) =>
      send(machine, call, isHeld?.() === false ? { ...data, isHeld } : data, ...rest),
  }));

/** Wrong on purpose: whoever is asked for is there, and on. */
const hospitable = (): PowerControlBench => {
  const bench = benchOf();
  return { ...bench, absent: { ...bench.machine, vmId: VmId.create() } };
};

const isOn = 'says of a machine that is on that it is, and since when it knows';
const shutDown = 'a machine that was switched off by shutdown-guest is read as off';
const numbered = 'numbers readings by when they were asked for, not by when they were answered';
const off = 'a machine that was switched off by power-off is read as off';
const on = 'a machine that was switched on is read as on';
const outOfReach =
  'K19: of a machine that its provider cannot reach it says what was known last, not that it is so now';
const template = 'says of a template that it is one, and of a machine that it is none';
const task = 'K21: names a task only of a call that was carried out before the answer';
const guest = 'K21: names no task of what a guest was asked';
const rebooted = 'a machine that was restarted by reboot-guest is on';
const reset = 'a machine that was restarted by reset is on, and its boot is a later one';
const offTwice = 'power-off of a machine that is off is a fault that says so, and nothing was sent';
const onTwice = 'power-on of a machine that is on is a fault that says so, and nothing was sent';
const noState = 'a call that the machine is in no state for is a fault that says so';
const fenced = 'sends nothing for a sender that may not act any more when it comes to sending';
const aborted = 'sends nothing for a signal that is aborted already';

turnsRed(powerControlLaws, benchOf, [
  [premature, fenced],
  [remembering, numbered, outOfReach, template, task, noState, shutDown, off, on, reset, offTwice],
  [toolless, isOn, outOfReach],
  [believing, outOfReach],
  [undiscerning, template],
  [early, task, noState, template, off, on, offTwice, aborted, fenced],
  [inventing, guest],
  [stamping, numbered],
  [trusting, shutDown],
  [lazy, reset],
  [halfway, rebooted, reset, task, noState],
  [forgiving, noState, offTwice, onTwice, aborted, fenced],
  [vague, noState, offTwice, onTwice, aborted, fenced],
  [heedless, aborted],
  [late, aborted],
  [hospitable, 'a machine that nobody knows is not found'],
]);
