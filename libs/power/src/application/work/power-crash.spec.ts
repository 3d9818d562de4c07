import { expect, it } from '@jest/globals';
import { isRejection, type VmId } from '@drover/kernel';
import type { Crash } from './execute-step.js';
import { ana, machineRoom, type Process } from '../../testing.js';

type Kind =
  'graceful off' | 'forced off' | 'escalated off' | 'on' | 'on with tools' | 'graceful restart' | 'forced restart';
type Step = Parameters<Crash>[0];
type Phase = Parameters<Crash>[1];
const phases: readonly Phase[] = ['before-call', 'after-call', 'after-record'];
const stepsOf: Readonly<Record<Kind, readonly Step[]>> = {
  'graceful off': ['verify', 'graceful'],
  'forced off': ['verify', 'forced'],
  'escalated off': ['verify', 'graceful', 'forced'],
  on: ['verify', 'start'],
  'on with tools': ['verify', 'start', 'wait-tools'],
  'graceful restart': ['verify', 'graceful'],
  'forced restart': ['verify', 'forced'],
};
const kinds = Object.keys(stepsOf) as Kind[];
const points = kinds.flatMap((kind) =>
  stepsOf[kind].flatMap((step) => phases.map((phase) => [kind, step, phase] as const)),
);

/** Dies once, at one point: nothing works in the process any more, so nothing is tried again in it. */
const dyingAt = (step: Step, phase: Phase) => {
  const fate = { died: false, end: () => {} };
  const crash: Crash = (at, when) => {
    if (at !== step || when !== phase || fate.died) return;
    fate.died = true;
    fate.end();
    throw new Error('killed');
  };
  return Object.assign(fate, { crash });
};

const ask = async (kind: Kind, vmId: VmId, { power }: Process) => {
  const mode = kind.startsWith('forced') ? 'hard' : kind.startsWith('escalated') ? 'trySoft' : 'soft';
  const timeoutSeconds = 300;
  const asked = kind.startsWith('on')
    ? await power.powerOn({ vmId, waitForTools: kind === 'on with tools', timeoutSeconds }, ana)
    : kind.endsWith('restart')
      ? await power.restart({ vmId, mode, timeoutSeconds }, ana)
      : await power.powerOff({ vmId, mode, timeoutSeconds }, ana);
  if (isRejection(asked)) throw new Error(asked.because);
  return asked.operation.id;
};

/** A room in which things take their time, so that every step comes to pass. */
const room = (kind: Kind) => {
  const place = machineRoom();
  const vmId = place.machine();
  const machine = place.memory.machine(vmId);
  if (kind.startsWith('on')) Object.assign(machine, { power: 'poweredOff', tools: 'toolsNotRunning' });
  const transitions: string[] = [];
  place.room.behave = async (call, obey) => {
    if (kind === 'escalated off' && call === 'shutdown-guest') return;
    await obey();
    transitions.push(call);
    if (call === 'power-on') place.clock.after(20_000, () => void (machine.tools = 'toolsOk'));
  };
  return { ...place, vmId, transitions };
};

it.each(points)('T-EFF-2: %s, killed once at %s:%s', async (kind, step, phase) => {
  const { vmId, transitions, ...place } = room(kind);
  const fate = dyingAt(step, phase);
  const first = await place.boot({ crash: fate.crash });
  fate.end = () => void first.jobs.stop();
  const id = await ask(kind, vmId, first);
  for (let waited = 0; !fate.died && waited < 400; waited++) await place.clock.advance(1_000);
  expect(fate.died).toBe(true);
  await first.kill();

  const second = await place.boot();
  await place.clock.advance(120_000 + (kind === 'escalated off' ? 240_000 : 0));
  const operation = await second.power.getOperation({ id }, ana);
  if (isRejection(operation)) throw new Error(operation.because);
  // Terminal, done once or said not to be known; and all who can be asked agree.
  const sent = place.calls(vmId);
  if (kind.endsWith('restart')) {
    expect(sent.length).toBeLessThanOrEqual(1);
    const doubtful = step === 'verify' ? phase === 'after-record' : phase === 'before-call'; // begun, and never sent
    expect(operation.state).toBe(doubtful ? 'unknown' : 'succeeded');
    expect(transitions).toHaveLength(doubtful ? 0 : 1);
  } else {
    expect(operation.state).toBe('succeeded');
    expect(transitions).toHaveLength(1);
    const { power } = await place.powerControl.read(
      { vmId } as Parameters<typeof place.powerControl.read>[0],
      AbortSignal.timeout(1_000),
    );
    expect(operation.evidence?.newState).toBe(power);
  }
  // Each call was made under its own intent and lease: no attempt twice, no lease older than the last seen.
  const attempts = place.made.map(({ call, token }) => `${call} ${token.attempt}`);
  expect(new Set(attempts).size).toBe(attempts.length);
  const epochs = place.made.map(({ token }) => token.epoch);
  expect(epochs).toEqual([...epochs].sort((a, b) => a - b));
  expect([await second.unfinished(), second.failures]).toEqual([[], []]);
});

it('covers every point of every step', () => expect(points).toHaveLength(48));
