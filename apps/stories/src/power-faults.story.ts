// Guests and sites that refuse, hang or have no tools: which steps follow, within which time, with which evidence. Each
// story sets its own faults; they are cleared before the next.
import { expect, it } from '@jest/globals';
import type { Operation, Vm } from '@drover/contracts';
import { until } from './api.js';
import { within } from './house.js';
import { sharedStage, seconds, steps, withTools } from './stage.js';

const stage = sharedStage();

it(
  'T21: without tools that run, force is used at once',
  async () => {
    const vms = await withTools(stage(), ['toolsNotRunning', 'toolsNotInstalled']);
    const begun = performance.now();
    const answers = await Promise.all(vms.map((vm) => stage().source(vm, 'power-off', { force: false, timeout: 300 })));
    expect(performance.now() - begun).toBeLessThan(30_000); // the guest's share would be 240 s
    for (const answer of answers) {
      expect([answer.status, answer.body]).toMatchObject([200, { success: true, shutdown_method: 'forced' }]);
      const operation = await stage().linked(answer);
      expect(steps(operation)).toEqual(['forced']);
      expect(operation.evidence?.escalation).toBe('tools_absent');
      expect(seconds(operation.requestedAt, operation.evidence?.attempts[0]?.startedAt)).toBeLessThan(20);
    }
  },
  within,
);

it.each([
  ['reject', 'provider_error'],
  ['tools-off', 'tools_unavailable'],
] as const)(
  'T22: a guest that cannot be asked (%s) is switched off; the first error stays',
  async (how, code) => {
    const [tried, soft] = stage().machines(2) as [Vm, Vm];
    stage().fail({ vm: tried.id, call: 'shutdown-guest', do: how }, { vm: soft.id, call: 'shutdown-guest', do: how });
    const answer = await stage().source(tried, 'power-off', { force: false, timeout: 60 });
    expect([answer.status, answer.body]).toMatchObject([
      200,
      { success: true, shutdown_method: 'forced', new_state: 'poweredOff' },
    ]);
    const { evidence } = await stage().linked(answer);
    expect(evidence).toMatchObject({ method: 'forced', escalation: 'graceful_failed', firstError: { code } });
    expect(evidence?.attempts).toMatchObject([
      { step: 'graceful', outcome: 'failed', code },
      { step: 'forced', outcome: 'succeeded', code: null },
    ]);
    const refused = await stage().done(soft, 'power-off', { mode: 'soft' });
    expect(refused).toMatchObject({
      state: 'failed',
      error: { code },
      evidence: { newState: 'poweredOn', verifiedAt: null },
    });
    expect(refused.error?.status).toBeGreaterThanOrEqual(500);
    expect(
      stage()
        .callsFor(soft.id)
        .map(({ call }) => call),
    ).toEqual(['shutdown-guest']);
  },
  within,
);

it(
  'says what a site refuses in its own words, with the state as it was read last',
  async () => {
    const [no, wrong, asks] = stage().machines(3) as [Vm, Vm, Vm];
    stage().fail(
      { vm: no.id, call: 'power-off', do: 'reject' },
      { vm: wrong.id, call: 'power-off', do: 'wrong-state' },
    );
    await stage().others({ vm: asks.id, do: 'question', text: 'Was it moved or copied?' });
    const hard = { force: true, timeout: 30 };
    const answers = await Promise.all([no, wrong, asks].map((vm) => stage().source(vm, 'power-off', hard)));
    for (const { status, body } of answers) expect([status, body.error]).toEqual([500, 'VMware API error']);
    const [refused, misplaced, asked] = answers.map(({ body }) => body);
    for (const body of [refused, misplaced])
      expect(body).toMatchObject({ success: false, previous_state: 'poweredOn', new_state: 'poweredOn' });
    expect(refused?.details).toContain('general system error');
    expect(misplaced?.code).toBe('invalid_power_state');
    expect(asked?.details).toContain('Was it moved or copied?');
    expect(stage().callsFor(asks.id)).toEqual([]);
  },
  within,
);

it(
  'T23: a guest that says yes and hangs is switched off when its share ends, all within the time-out',
  async () => {
    const vm = stage().machine();
    await stage().others({ vm: vm.id, do: 'guest', obeys: false });
    const begun = performance.now();
    const answer = await stage().source(vm, 'power-off', { timeout: 20 });
    expect(performance.now() - begun).toBeLessThan(20_000);
    expect([answer.status, answer.body]).toMatchObject([
      200,
      { success: true, shutdown_method: 'forced', new_state: 'poweredOff' },
    ]);
    expect(answer.body.duration_seconds).toBeGreaterThanOrEqual(16); // 80 % of the time-out
    expect(answer.body.duration_seconds).toBeLessThanOrEqual(20);
    const { requestedAt, evidence, deadline } = await stage().linked(answer);
    const [asked, forced] = evidence?.attempts ?? [];
    expect(evidence?.escalation).toBe('graceful_timed_out');
    expect([asked, forced]).toMatchObject([{ step: 'graceful' }, { step: 'forced' }]);
    expect(seconds(requestedAt, asked?.startedAt)).toBeLessThan(10);
    expect(seconds(requestedAt, forced?.startedAt)).toBeGreaterThanOrEqual(16);
    expect((evidence?.verifiedAt ?? '') <= (deadline ?? '')).toBe(true);
  },
  within,
);

it(
  'T24: takes as long as the guest takes, and no fixed time',
  async () => {
    const taking = [2, 5];
    const vms = stage().machines(taking.length);
    await stage().others(
      ...vms.map(({ id: vm }, i) => ({ vm, do: 'guest', shutdownMs: (taking[i] as number) * 1000 }) as const),
    );
    const answers = await Promise.all(vms.map((vm) => stage().source(vm, 'power-off', { timeout: 60 })));
    for (const [i, { status, body }] of answers.entries()) {
      expect([status, body]).toMatchObject([200, { success: true, shutdown_method: 'graceful' }]);
      const duration = body.duration_seconds ?? 0;
      expect(duration).toBeGreaterThanOrEqual(taking[i] as number);
      expect(duration).toBeLessThanOrEqual((taking[i] as number) + 8);
    }
  },
  within,
);

it(
  'T25: what cannot be read back is unknown, and can be settled (the failover that stops is left out)',
  async () => {
    const [lost, mute] = stage().machines(2) as [Vm, Vm];
    const both = [lost, mute];
    await stage().others(...both.map(({ id: vm }) => ({ vm, do: 'guest', shutdownMs: 6_000 }) as const));
    const requests = Promise.all(both.map((vm) => stage().source(vm, 'power-off', { timeout: 12 })));
    await until(
      async () => both.map(({ id }) => stage().callsFor(id).length),
      (calls) => calls.every((count) => count === 1),
    );
    stage().fail({ vm: lost.id, call: 'read', do: 'unavailable' }, { vm: mute.id, call: 'read', do: 'hang' });
    const answers = await requests;
    const [first, second] = (await Promise.all(answers.map((answer) => stage().linked(answer)))) as [
      Operation,
      Operation,
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(500);
      expect(answer.body).toMatchObject({
        success: false,
        new_state: 'unknown',
        previous_state: 'poweredOn',
        code: 'outcome_unknown',
      });
    }
    for (const operation of [first, second]) {
      expect(operation).toMatchObject({ state: 'unknown', evidence: { newState: 'unknown', verifiedAt: null } });
      expect(operation.nextActions).toEqual(['check', 'mark', 'run-again']);
    }

    const check = (id: string, wait: number) =>
      stage().api.post(`/api/v1/operations/${id}/check`, {}, { prefer: `wait=${wait}` });
    expect((await check(first.id, 1)).body.state).toBe('unknown'); // still nobody can read it
    stage().fail();
    expect((await check(first.id, 20)).body).toMatchObject({
      state: 'succeeded',
      nextActions: [],
      evidence: { newState: 'poweredOff', verifiedAt: expect.any(String) },
    });

    const again = await stage().api.done(`/api/v1/operations/${second.id}/run-again`);
    expect(again).toMatchObject({ kind: 'vm.power-off', state: 'succeeded', evidence: { method: 'already-off' } });
    expect(again.id).not.toBe(second.id);
    const marked = await stage().api.post(`/api/v1/operations/${second.id}/mark`, {
      outcome: 'succeeded',
      reason: 'seen in the console',
    });
    expect([marked.status, marked.body.state]).toEqual([200, 'succeeded']);
    for (const { id } of both) expect(stage().callsFor(id)).toHaveLength(1);
  },
  within,
);

it(
  'T28: off is off and on is on: at once, and nothing is sent',
  async () => {
    const [on, off] = stage().machines(2) as [Vm, Vm];
    await stage().others({ vm: off.id, do: 'power-off' });
    for (const [vm, verb, state] of [
      [on, 'power-on', 'poweredOn'],
      [off, 'power-off', 'poweredOff'],
    ] as const) {
      const begun = performance.now();
      const answer = await stage().source(vm, verb);
      expect(performance.now() - begun).toBeLessThan(20_000); // of 300 s
      expect([answer.status, answer.body]).toMatchObject([
        200,
        { success: true, previous_state: state, new_state: state },
      ]);
      if (verb === 'power-off') expect(answer.body.shutdown_method).toBe('already-off');
      expect(stage().callsFor(vm.id)).toEqual([]);
    }
  },
  within,
);

it(
  'T29: waits for tools, old ones will do; where there are none it does not wait, or says that it is on',
  async () => {
    const tools = ['toolsNotRunning', 'toolsNotRunning', 'toolsNotInstalled'] as const;
    const [old, never, none] = (await withTools(stage(), tools)) as [Vm, Vm, Vm];
    await stage().others(...[old, never, none].map(({ id: vm }) => ({ vm, do: 'power-off' }) as const));
    const wait = { wait_for_tools: true };
    const becoming = stage().source(old, 'power-on', { ...wait, timeout: 30 });
    const absent = stage().source(none, 'power-on', { ...wait, timeout: 30 });
    const begun = performance.now();
    const missing = stage().source(never, 'power-on', { ...wait, timeout: 8 });
    const { operations } = await stage().vmWhen(old, (vm) => vm.operations.power !== null);
    await stage().operationWhen(operations.power ?? '', ({ phase }) => phase === 'wait-tools');
    await stage().others({ vm: old.id, do: 'tools', tools: 'toolsOld' });
    const became = await becoming;
    expect([became.status, became.body]).toMatchObject([
      200,
      { success: true, new_state: 'poweredOn', tools_status: 'toolsOld' },
    ]);
    expect(became.body.duration_seconds).toBeLessThan(20);
    expect((await absent).body).toMatchObject({ success: true, tools_status: 'toolsNotInstalled' });
    const late = await missing;
    expect(performance.now() - begun).toBeGreaterThanOrEqual(8_000);
    expect(performance.now() - begun).toBeLessThan(20_000);
    expect([late.status, late.body]).toMatchObject([
      504,
      { success: false, error: 'Operation timed out', previous_state: 'poweredOff', new_state: 'poweredOn' },
    ]);
    expect(late.body.details).toMatch(/is on \(new_state=poweredOn/);
  },
  within,
);

it(
  'T26: of all that was answered, nothing was called off that was not read as off',
  async () => {
    const { answers, operations, lies } = await stage().honesty();
    expect(lies).toEqual([]);
    expect([answers > 10, operations > 5]).toEqual([true, true]);
  },
  within,
);
