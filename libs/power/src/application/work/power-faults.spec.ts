import { expect, it } from '@jest/globals';
import { ProviderFault, type FaultCode } from '@drover/ports';
import { ana, type Behaviour } from '../../testing.js';
import { worldOf } from './testing.js';

/** The first calls end so; what comes after is done. */
const first =
  (times: number, fault: ProviderFault, applied = false): Behaviour =>
  async (_, obey) => {
    if (times-- <= 0) return obey();
    if (applied) await obey();
    throw fault;
  };
const no = (code: FaultCode, sent: 'no' | 'maybe' = 'no') => new ProviderFault(code, `it says ${code}`, sent);

it.each(['provider_error', 'tools_unavailable', 'invalid_power_state'] as const)(
  'T22: falls back when the guest cannot be asked (%s), and keeps the first error',
  async (code) => {
    const { room, off, read, facts } = await worldOf(first(1, no(code)));
    const id = await off('trySoft');
    await room.clock.advance(0);
    expect(await facts()).toEqual([
      ...['PowerOffRequested', 'StepStarted graceful 1', 'StepFinished graceful 1 failed'],
      ...['PowerOffEscalated', 'StepStarted forced 1', 'StepFinished forced 1', 'VmPoweredOff'],
    ]);
    expect(await read(id)).toMatchObject({
      state: 'succeeded',
      evidence: {
        ...{ method: 'forced', firstError: { code, detail: `it says ${code}` }, escalation: 'graceful_failed' },
        attempts: [
          { step: 'graceful', outcome: 'failed', code },
          { step: 'forced', outcome: 'succeeded' },
        ],
      },
    });
  },
);

it.each(['tools_unavailable', 'provider_error', 'guest_question_pending', 'not_found', 'certificate_refused'] as const)(
  'soft fails on a definite refusal (%s), with its text',
  async (code) => {
    const { room, off, read, facts } = await worldOf(first(9, no(code)));
    const id = await off();
    await room.clock.advance(0);
    expect((await facts()).at(-1)).toBe('PowerOperationFailed');
    expect(await read(id)).toMatchObject({ state: 'failed', error: { code, detail: `it says ${code}` } });
  },
);

it('forced fails when the provider will not have it', async () => {
  const { room, off, read } = await worldOf(first(9, no('provider_error')));
  const id = await off('hard');
  await room.clock.advance(0);
  expect(await read(id)).toMatchObject({ state: 'failed', error: { code: 'provider_error' }, attempts: 1 });
});

it('a state that cannot be changed is read again: where it should be is success', async () => {
  const { room, off, read } = await worldOf(async (_, __, machine) => {
    room.memory.machine(machine.vmId).power = 'poweredOff'; // somebody else was faster
    throw no('invalid_power_state');
  });
  const id = await off();
  await room.clock.advance(0);
  expect(await read(id)).toMatchObject({ state: 'succeeded', evidence: { method: 'already-off' } });
});

it.each(['busy', 'provider_unreachable'] as const)(
  'tries a call again that was surely not taken (%s), later and later',
  async (code) => {
    const { room, off, read, facts } = await worldOf(first(4, no(code)));
    const id = await off();
    await room.clock.advance(100);
    expect(await read(id)).toMatchObject({
      state: 'waiting',
      steps: [{ nextAttemptAt: '2026-11-20T10:00:00.750Z' }],
    });
    await room.clock.advance(30_000);
    const starts = (await facts()).filter((fact) => fact.startsWith('StepStarted'));
    expect(starts).toEqual([1, 2, 3, 4, 5].map((n) => `StepStarted graceful ${n}`));
    expect(await read(id)).toMatchObject({ state: 'succeeded', steps: [{ attempts: 5 }] });
  },
);

it('one that stays busy expires at the deadline', async () => {
  const { room, off, read } = await worldOf(first(999, no('busy')));
  const id = await off('soft', 60);
  await room.clock.advance(60_000);
  const { state, attempts } = await read(id);
  expect(state).toBe('expired');
  expect(attempts).toBeLessThan(15);
});

it('settles a lost answer by looking, not by calling again', async () => {
  const { room, off, read, facts } = await worldOf(first(1, no('no_answer', 'maybe'), true));
  const id = await off('hard');
  await room.clock.advance(0);
  expect(await facts()).toEqual([
    ...['PowerOffRequested', 'StepStarted forced 1', 'StepFinished forced 1 unknown', 'VmPoweredOff'],
  ]);
  expect([room.calls(), (await read(id)).evidence?.method]).toEqual([['power-off'], 'forced']);
});

it('a lost answer is no error: the guest may be going down, so it is not forced before its share ends', async () => {
  const { room, off } = await worldOf(first(1, no('no_answer', 'maybe')));
  room.room.behave = async (call, obey) => {
    if (call === 'power-off') return obey();
    throw no('no_answer', 'maybe');
  };
  await off('trySoft');
  await room.clock.advance(239_000);
  expect(room.calls()).not.toContain('power-off');
  await room.clock.advance(1_000);
  expect(room.calls().at(-1)).toBe('power-off');
});

it('a restart whose answer is lost is proven by a new boot', async () => {
  const { room, read, restart } = await worldOf(first(1, no('no_answer', 'maybe')));
  room.room.behave = async (_, obey) => {
    room.clock.after(20_000, () => void obey());
    throw no('no_answer', 'maybe');
  };
  const asked = await restart('hard');
  await room.clock.advance(25_000);
  expect((await read(asked)).state).toBe('succeeded');
  expect(room.calls()).toEqual(['reset']);
});

it('a restart whose answer is lost is unknown without a new boot, and is never sent again', async () => {
  const { room, read, restart, facts } = await worldOf(first(9, no('no_answer', 'maybe')));
  const asked = await restart();
  await room.clock.advance(59_000);
  expect((await facts()).at(-1)).toBe('StepFinished graceful 1 unknown');
  await room.clock.advance(2_000);
  expect((await facts()).slice(-2)).toEqual(['StepFinished graceful 1 unknown', 'PowerOperationUnknown']);
  expect(await read(asked)).toMatchObject({
    ...{
      state: 'unknown',
      attempts: 1,
      nextActions: ['check', 'mark', 'run-again'],
      error: { code: 'outcome_unknown' },
    },
  });
  expect(room.calls()).toEqual(['reboot-guest']);
});

it('a restart whose answer is lost is unknown at a deadline that comes sooner, too', async () => {
  const { room, restart, facts } = await worldOf(first(9, no('no_answer', 'maybe')));
  await restart('soft', 20);
  await room.clock.advance(20_000);
  expect((await facts()).at(-1)).toBe('PowerOperationUnknown');
});

it('a process that could not record an answer takes its own step over, under a new lease', async () => {
  const { room, process, off, facts } = await worldOf(async (_, obey) => obey());
  const { append } = room.eventStore;
  let losses = 2; // the append, and the append sent again
  room.eventStore.append = async (draft) => {
    const answer = draft.facts.some(({ fact }) => fact.type === 'StepFinished' && fact['step'] === 'forced');
    if (answer && losses-- > 0) throw new Error('disk full');
    return append(draft);
  };
  await off('hard');
  await room.clock.advance(5_000);
  expect(await facts()).toEqual([
    ...['PowerOffRequested', 'StepStarted forced 1', 'StepFinished forced 1 unknown', 'VmPoweredOff'],
  ]);
  expect([room.calls(), process.failures]).toMatchObject([['power-off'], [{ message: 'disk full' }]]);
});

it('a call that never answers is given up after its time, and looked at', async () => {
  const { room, off, facts } = await worldOf(async (_, obey) => {
    await obey();
    await new Promise(() => {});
  });
  await off('hard');
  await room.clock.advance(15_500);
  expect((await facts()).slice(-2)).toEqual(['StepFinished forced 1 unknown', 'VmPoweredOff']);
});

it('a look that never answers does not hold the operation past its deadline', async () => {
  const { room, process, off, read } = await worldOf(async (_, obey) => obey());
  const id = await off('hard', 30);
  process.ports.powerControl.read = () => new Promise(() => {});
  await room.clock.advance(32_000);
  expect(await read(id)).toMatchObject({ state: 'unknown' });
});

it('a look that is cut short because the process stops says nothing of the machine', async () => {
  const { room, process, off, facts } = await worldOf(async () => {});
  await off('soft', 60);
  await room.clock.advance(58_500);
  process.ports.powerControl.read = () => new Promise(() => {});
  await room.clock.advance(2_000); // past the deadline, in the middle of a look
  await process.kill();
  expect((await facts()).at(-1)).toBe('StepFinished graceful 1');
});

it('waits for a provider that cannot be reached, and goes on when it is back', async () => {
  const { room, off, read } = await worldOf(async (_, obey) => obey());
  room.room.fault = () => no('provider_unreachable');
  const id = await off();
  await room.clock.advance(200_000);
  expect(await read(id)).toMatchObject({ state: 'running', attempts: 0 });
  room.room.fault = null;
  await room.clock.advance(2_000);
  expect((await read(id)).state).toBe('succeeded');
});

it('T25: what cannot be read at the deadline is unknown, never a success, and frees the machine', async () => {
  const { room, vmId, process, off, read, facts } = await worldOf(async (_, obey) => obey());
  room.room.behave = async (_, obey) => {
    await obey();
    room.room.fault = () => no('provider_unreachable');
  };
  const id = await off();
  await room.clock.advance(299_000);
  expect((await read(id)).state).toBe('running'); // never early
  await room.clock.advance(1_000);
  expect((await facts()).at(-1)).toBe('PowerOperationUnknown');
  expect(await read(id)).toMatchObject({
    ...{ state: 'unknown', result: null, error: { code: 'outcome_unknown', status: 500 } },
    evidence: { previousState: 'poweredOn', newState: 'unknown', verifiedAt: null },
    nextActions: ['check', 'mark', 'run-again'],
  });
  expect(await process.power.powerOff({ vmId, mode: 'soft', timeoutSeconds: 300 }, ana)).not.toHaveProperty('rejected');
});

it('fails when the machine is gone at the first look, and sends nothing', async () => {
  const { room, off, read } = await worldOf(async (_, obey) => obey());
  room.room.fault = () => no('not_found');
  const id = await off();
  await room.clock.advance(0);
  expect([room.calls(), await read(id)]).toMatchObject([
    [],
    { state: 'failed', error: { code: 'not_found', status: 404 } },
  ]);
});

it('shows the question that a machine waits for', async () => {
  const { room, vmId, on, read } = await worldOf(async () => void (room.room.question = 'Was it moved or copied?'));
  room.memory.machine(vmId).power = 'poweredOff';
  const asked = await on();
  await room.clock.advance(0);
  expect(await read(asked)).toMatchObject({
    ...{ state: 'failed', error: { code: 'guest_question_pending', detail: 'Was it moved or copied?' } },
  });
});

it('a check settles an unknown outcome by a look; a mark, by a person’s word', async () => {
  const { room, process, off, read, facts } = await worldOf(async (_, obey) => obey());
  room.room.behave = async (_, obey) => {
    await obey();
    room.room.fault = () => no('provider_unreachable');
  };
  const id = await off('hard', 10);
  await room.clock.advance(10_000);
  expect(await process.power.checkOperation({ id }, ana)).toMatchObject({ operation: { state: 'unknown' } });
  await room.clock.advance(0);
  expect((await read(id)).state).toBe('unknown'); // still not readable
  room.room.fault = null;
  await process.power.checkOperation({ id }, ana);
  await room.clock.advance(0);
  expect((await facts()).at(-1)).toBe('VmPoweredOff');
  expect(await read(id)).toMatchObject({
    state: 'succeeded',
    evidence: { method: 'forced' },
    nextActions: [],
  });
  expect(await process.power.checkOperation({ id }, ana)).toMatchObject({ rejected: 'wrong_state' });
});
