// Only the provider knows the state of a machine: the request is taken, the fresh reading decides. Suspended, disconnected,
// destroyed, hung and template machines. Never: a refusal at the door for what only the provider can say.
import { expect, it } from '@jest/globals';
import { hasEnded, type Operation, type Problem, type SourcePowerState, type Vm } from '@drover/contracts';
import { until } from './api.js';
import { within } from './house.js';
import { sharedStage } from './stage.js';

const stage = sharedStage();

const act = (id: string, verb: string) => stage().api.post(`/api/v1/operations/${id}/${verb}`);
const calls = (vm: Vm) =>
  stage()
    .callsFor(vm.id)
    .map(({ call }) => call);
/** A guest that says yes and does nothing, and a request for it that has reached it. */
const hanging = async (mode: string, timeoutSeconds: number) => {
  const vm = stage().machine();
  await stage().others({ vm: vm.id, do: 'guest', obeys: false });
  const { body } = await stage().ask(vm, 'power-off', { mode, timeoutSeconds });
  await stage().operationWhen(body.id, ({ phase, attempts }) => phase === 'verify' && attempts === 1);
  return { vm, id: body.id };
};

it(
  'K5: the door refuses nothing that only the provider knows; the operation says it, and so does a repeat of its key',
  async () => {
    const vm = stage().machine();
    await stage().others({ vm: vm.id, do: 'tools', tools: 'toolsNotRunning' });
    const seen = await stage().vmWhen(vm, ({ power }) => power.tools === 'toolsNotRunning');
    expect(seen.actions).toMatchObject({ 'power-off': null, restart: null });
    const key = { 'idempotency-key': 'refused', prefer: 'wait=20' };
    const refused = await stage().ask(vm, 'power-off', { mode: 'soft' }, key);
    const end = { state: 'failed', attempts: 0, error: { code: 'graceful_shutdown_not_possible', status: 409 } };
    expect([refused.status, refused.body]).toMatchObject([200, end]);
    const again = await stage().ask(vm, 'power-off', { mode: 'soft' }, key);
    expect([again.headers.get('idempotency-replayed'), again.body]).toMatchObject([
      'true',
      { ...end, id: refused.body.id },
    ]);
    const path = `/api/v1/vms/${vm.id}/actions/power-off?dryRun=true`;
    const dry = await stage().api.post<Problem>(path, { mode: 'soft' });
    expect([dry.status, dry.body]).toMatchObject([
      409,
      { code: 'graceful_shutdown_not_possible', asOf: seen.power.observedAt },
    ]);
    expect(calls(vm)).toEqual([]);
  },
  within,
);

it(
  'K18: a machine that was suspended while its guest hung keeps its memory: trySoft does not force it',
  async () => {
    const { vm, id } = await hanging('trySoft', 6);
    await stage().others({ vm: vm.id, do: 'suspend' });
    expect(await stage().operationWhen(id, hasEnded)).toMatchObject({
      ...{ state: 'failed', error: { code: 'vm_suspended' }, evidence: { newState: 'suspended' } },
    });
    expect(calls(vm)).toEqual(['shutdown-guest']);
  },
  within,
);

it(
  'K19: a machine that its site cannot reach is not off because it was',
  async () => {
    const vm = stage().machine();
    await stage().others({ vm: vm.id, do: 'power-off' });
    stage().fail({ vm: vm.id, call: 'read', do: 'disconnected' });
    const state = await stage().api.get<SourcePowerState & Problem>(`/api/v1/vm/${vm.id}/power-state`);
    expect([state.status, state.body]).toMatchObject([500, { error: 'VMware API error' }]);
    expect(state.body.details).toContain('last known as poweredOff');
    const older = await stage().source(vm, 'power-off', {});
    expect([older.status, older.body.error]).toEqual([500, 'VMware API error']);
    const hard = await stage().done(vm, 'power-off', { mode: 'hard', timeoutSeconds: 3 });
    expect(hard).toMatchObject({ evidence: { verifiedAt: null, newState: 'unknown' } });
    expect(['unknown', 'failed']).toContain(hard.state);
  },
  within,
);

it(
  'K20: a hung guest can be got rid of: its request is cancelled, says what was asked of it, and hard works at once',
  async () => {
    const { vm, id } = await hanging('soft', 300);
    const cancelled = await act(id, 'cancel');
    expect([cancelled.status, cancelled.body.state]).toMatchObject([202, 'cancelled']);
    const { evidence } = (await stage().api.operation(id)).body;
    expect(evidence?.note).toContain(`The guest was asked to stop at ${evidence?.guestAskedAt}`);
    expect(await stage().done(vm, 'power-off', { mode: 'hard' })).toMatchObject({ state: 'succeeded' });
    expect(calls(vm)).toEqual(['shutdown-guest', 'power-off']);
  },
  within,
);

it(
  'K20: a power-on after a cancelled power-off names it, and is not told as on while the guest may still stop',
  async () => {
    const { vm, id } = await hanging('soft', 6);
    await act(id, 'cancel');
    const end = await stage().done(vm, 'power-on');
    const until = (await stage().api.operation(id)).body.deadline ?? '';
    expect(end).toMatchObject({ state: 'succeeded', evidence: { method: 'already-on', earlier: id } });
    expect((end.evidence?.verifiedAt ?? '') >= until).toBe(true);
  },
  within,
);

it(
  'K22: a machine that is destroyed in mid-operation ends it long before the deadline',
  async () => {
    const { vm, id } = await hanging('soft', 600);
    await stage().others({ vm: vm.id, do: 'remove' });
    const end: Operation = await stage().operationWhen(id, hasEnded);
    expect(end).toMatchObject({ state: 'failed', error: { code: 'vm_gone', status: 410 } });
    const gone = await until(
      () => stage().ask(vm, 'power-off', { mode: 'hard' }),
      ({ status }) => status === 410,
    );
    expect(gone.status).toBe(410);
  },
  within,
);

it(
  'a template is refused by the fresh look, and nothing is sent',
  async () => {
    const vm = stage().machine();
    await stage().others({ vm: vm.id, do: 'power-off' }, { vm: vm.id, do: 'template', is: true });
    for (const verb of ['power-on', 'power-off'] as const)
      expect(await stage().done(vm, verb)).toMatchObject({
        state: 'failed',
        attempts: 0,
        error: { code: 'wrong_state' },
      });
    expect(calls(vm)).toEqual([]);
  },
  within,
);
