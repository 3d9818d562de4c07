// What Drover does when an answer is lost, late or never comes: it reads, and never sends a restart twice. Cancelling,
// checking and marking belong here. The last story checks all of the file: nothing was called off that was not read as off.
import { expect, it } from '@jest/globals';
import { hasEnded, type Operation, type Vm } from '@drover/contracts';
import type { OperationId } from '@drover/kernel';
import { until } from './api.js';
import { within } from './house.js';
import { sharedStage, seconds, steps } from './stage.js';

const stage = sharedStage();

const verbs = ['power-off', 'power-on', 'restart'] as const;
/** Transitions that an operation caused at its site. */
const transitions = ({ id }: Operation) =>
  stage()
    .callsOf(id)
    .filter(({ effective }) => effective).length;
const act = (id: string, what: string, body: unknown = {}, headers = {}) =>
  stage().api.post(`/api/v1/operations/${id}/${what}`, body, headers);
const ended = (id: string) => stage().operationWhen(id, hasEnded);

it(
  'a lost answer is not a lost call: read, and never done twice',
  async () => {
    const vms = stage().machines(4) as [Vm, Vm, Vm, Vm];
    const [off, on, restart, asked] = vms;
    await stage().others({ vm: on.id, do: 'power-off' });
    await stage().vmWhen(on, ({ power }) => power.state === 'poweredOff');
    const calls = ['power-off', 'power-on', 'restart', 'shutdown-guest'] as const;
    stage().fail(...calls.map((call, i) => ({ vm: vms[i]?.id ?? '', call, do: 'drop-response', times: 1 }) as const));
    const ends = await Promise.all([
      stage().done(off, 'power-off', { mode: 'hard' }),
      stage().done(on, 'power-on'),
      stage().done(restart, 'restart', { mode: 'hard' }),
      stage().done(asked, 'power-off', { mode: 'trySoft', timeoutSeconds: 30 }),
    ]);
    for (const end of ends) {
      expect(end).toMatchObject({
        state: 'succeeded',
        evidence: { firstError: { code: 'no_answer' }, verifiedAt: expect.any(String) },
      });
      expect(end.evidence?.attempts[0]).toMatchObject({ outcome: 'unknown', code: 'no_answer' });
      expect(transitions(end)).toBe(1);
    }
    expect(ends.map(({ evidence }) => evidence?.newState)).toEqual([
      'poweredOff',
      'poweredOn',
      'poweredOn',
      'poweredOff',
    ]);
    expect(stage().callsFor(restart.id)).toHaveLength(1);
    // Whoever may have been asked is not switched off before its share ends.
    expect(steps(ends[3])).not.toContain('forced');
  },
  within,
);

it(
  'a restart that may have been taken is never sent again; without evidence a person settles it',
  async () => {
    const [checked, repeated] = stage().machines(2) as [Vm, Vm];
    const both = [checked, repeated];
    stage().fail(...both.map(({ id: vm }) => ({ vm, call: 'restart', do: 'hang' }) as const));
    const ends = await Promise.all(both.map((vm) => stage().done(vm, 'restart', { mode: 'hard', timeoutSeconds: 8 })));
    for (const end of ends) {
      expect(end).toMatchObject({
        state: 'unknown',
        error: { code: 'outcome_unknown' },
        evidence: { newState: 'unknown' },
      });
      expect(end.nextActions).toEqual(['check', 'mark', 'run-again']);
      expect(stage().callsOf(end.id)).toMatchObject([{ call: 'reset', effective: false }]);
    }
    const [first, second] = ends.map(({ id }) => id) as [OperationId, OperationId];
    stage().fail();
    // That it runs does not show that it was restarted.
    expect((await act(first, 'check', {}, { prefer: 'wait=1' })).body.state).toBe('unknown');
    expect((await act(first, 'mark', { outcome: 'failed', reason: 'its uptime says so' })).body.state).toBe('failed');
    expect((await act(first, 'mark', { outcome: 'succeeded', reason: 'or not' })).body).toMatchObject({
      code: 'wrong_state',
      status: 409,
    });

    // One that may have been done counts for the cool-down.
    expect((await act(second, 'run-again')).body).toMatchObject({ status: 429, code: 'cooldown' });
    const again = await act(second, 'run-again', { reason: 'it still hangs' }, { prefer: 'wait=20' });
    expect(again.body).toMatchObject({ kind: 'vm.restart', state: 'succeeded', evidence: { newState: 'poweredOn' } });
    expect(again.body.id).not.toBe(second);
    for (const end of ends) expect(stage().callsOf(end.id)).toHaveLength(1);
  },
  within,
);

it(
  'a restart that nobody saw is verified later by its boot',
  async () => {
    const vm = stage().machine();
    stage().fail({ vm: vm.id, call: 'restart', do: 'delay', ms: 5_000 });
    const { body } = await stage().ask(vm, 'restart', { mode: 'hard', timeoutSeconds: 10 });
    await stage().operationWhen(body.id, ({ phase }) => phase === 'forced');
    stage().fail({ vm: vm.id, call: 'read', do: 'reject' }); // the call is on its way
    const end = await ended(body.id);
    expect(end).toMatchObject({
      state: 'unknown',
      evidence: { newState: 'unknown', firstError: { code: 'provider_error' } },
    });
    stage().fail();
    expect((await act(end.id, 'check', {}, { prefer: 'wait=20' })).body).toMatchObject({
      state: 'succeeded',
      evidence: { newState: 'poweredOn' },
    });
    expect([transitions(end), stage().callsOf(end.id).length]).toEqual([1, 1]);
  },
  within,
);

it(
  'cancelled before anything was sent, it ends at once and nothing is ever sent',
  async () => {
    const vm = stage().machine();
    stage().fail({ vm: vm.id, call: 'read', do: 'unavailable' });
    const { body } = await stage().ask(vm, 'power-off', { mode: 'hard', timeoutSeconds: 30 });
    const cancelled = await act(body.id, 'cancel', { reason: 'wrong machine' }, { prefer: 'wait=5' });
    expect([cancelled.status, cancelled.body.state]).toEqual([200, 'cancelled']);
    expect((await act(body.id, 'cancel')).body.state).toBe('cancelled'); // again changes nothing
    stage().fail();
    expect(await stage().done(vm, 'power-on')).toMatchObject({
      state: 'succeeded',
      evidence: { method: 'already-on' },
    });
    expect(stage().callsFor(vm.id)).toEqual([]);
    const again = await act(body.id, 'run-again', {}, { prefer: 'wait=20' });
    expect(again.body).toMatchObject({ state: 'succeeded', evidence: { method: 'forced' } });
  },
  within,
);

it(
  'cancelled while its guest is asked, it is not switched off; the older path says so',
  async () => {
    const vm = stage().machine();
    await stage().others({ vm: vm.id, do: 'guest', obeys: false });
    const answer = stage().source(vm, 'power-off', { timeout: 60 });
    await until(
      async () => stage().callsFor(vm.id).length,
      (count) => count > 0,
    );
    const { power: id } = (await stage().vmWhen(vm, ({ operations }) => operations.power !== null)).operations;
    const operation = await until(
      () => act(id ?? '', 'cancel', {}, { prefer: 'wait=20' }),
      ({ status }) => status !== 409,
      5_000,
    );
    expect(operation.body.state).toBe('cancelled');
    const { status, body } = await answer;
    expect([status, body]).toMatchObject([
      409,
      { success: false, error: 'Operation was cancelled', new_state: 'poweredOn' },
    ]);
    expect(
      stage()
        .callsFor(vm.id)
        .map(({ call }) => call),
    ).toEqual(['shutdown-guest']);
    const after = await stage().vmWhen(vm, ({ operations }) => operations.power === null);
    expect(after).toMatchObject({ operations: { power: null }, power: { state: 'poweredOn' } });
  },
  within,
);

it(
  'a call that is with the provider cannot be taken back, and that is said',
  async () => {
    const vm = stage().machine();
    stage().fail({ vm: vm.id, call: 'power-off', do: 'delay', ms: 1_500 });
    const { body } = await stage().ask(vm, 'power-off', { mode: 'hard' });
    await stage().operationWhen(body.id, ({ phase }) => phase === 'forced');
    expect((await act(body.id, 'cancel')).body).toMatchObject({ status: 409, code: 'not_cancellable' });
    expect((await ended(body.id)).state).toBe('succeeded');
    expect((await act(body.id, 'cancel')).body).toMatchObject({ status: 409, code: 'not_cancellable' });
  },
  within,
);

it(
  'at its deadline what can be read has expired: 504 with the state that was read last',
  async () => {
    const [native, older, off] = stage().machines(3) as [Vm, Vm, Vm];
    await stage().others(...[native, older].map(({ id: vm }) => ({ vm, do: 'guest', obeys: false }) as const), {
      vm: off.id,
      do: 'power-off',
    });
    stage().fail({ vm: older.id, call: 'power-off', do: 'hang' }, { vm: off.id, call: 'power-on', do: 'hang' });
    const [end, late, dark] = await Promise.all([
      stage().done(native, 'power-off', { mode: 'soft', timeoutSeconds: 8 }),
      stage().source(older, 'power-off', { force: false, timeout: 8 }),
      stage().source(off, 'power-on', { timeout: 8 }),
    ]);
    expect(end).toMatchObject({
      state: 'expired',
      error: { status: 504, code: 'operation_timed_out' },
      evidence: { newState: 'poweredOn' },
    });
    expect(end.nextActions).toEqual(['run-again']);
    expect(seconds(end.requestedAt, end.endedAt)).toBeLessThan(18);
    expect([late.status, late.body]).toMatchObject([
      504,
      { success: false, error: 'Operation timed out', new_state: 'poweredOn' },
    ]);
    expect(late.body.details).toContain('poweredOn');
    expect([dark.status, dark.body]).toMatchObject([
      504,
      { success: false, previous_state: 'poweredOff', new_state: 'poweredOff' },
    ]);
    expect(
      stage()
        .callsFor(native.id)
        .map(({ call }) => call),
    ).toEqual(['shutdown-guest']);
  },
  within,
);

it.each(verbs)(
  '%s ends within its time-out when its site never answers at all',
  async (verb) => {
    const vm = stage().machine();
    if (verb === 'power-on') await stage().others({ vm: vm.id, do: 'power-off' });
    stage().fail({ vm: vm.id, call: '*', do: 'hang' });
    const end = await stage().done(vm, verb, { timeoutSeconds: 1, ...(verb !== 'power-on' && { mode: 'hard' }) });
    expect(end).toMatchObject({ state: 'unknown', attempts: 0 });
    expect(seconds(end.requestedAt, end.endedAt)).toBeLessThan(18);
  },
  within,
);

it(
  'T26: of all that was answered, nothing was called off that was not read as off',
  async () => {
    const { answers, operations, lies } = await stage().honesty();
    expect(lies).toEqual([]);
    expect([answers > 2, operations > 5]).toEqual([true, true]);
  },
  within,
);
