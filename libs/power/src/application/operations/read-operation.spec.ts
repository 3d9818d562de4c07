import { expect, it } from '@jest/globals';
import { PublicFact, Operation } from '@drover/contracts';
import { Instant, isRejection, OperationId, StreamId, VmId } from '@drover/kernel';
import { ProviderFault } from '@drover/ports';
import { ana, keyed, machineRoom, SITE } from '../../testing.js';

const soft = { mode: 'soft', timeoutSeconds: 300 } as const;
const open = async () => {
  const room = machineRoom();
  const vmId = room.machine();
  return { room, vmId, ...(await room.boot()) };
};
const idOf = (vmId: VmId, n: number) => OperationId.of('power', StreamId.of('power', vmId), n);

it('tells the operations of one machine apart, each with who asked', async () => {
  const { room, vmId, power } = await open();
  await power.powerOff({ vmId, ...soft }, keyed('a', 'ana'));
  await room.clock.advance(0);
  await power.powerOff({ vmId, ...soft }, keyed('b', 'ben'));
  await room.clock.advance(0);
  const [first, second] = await Promise.all([1, 2].map((n) => power.getOperation({ id: idOf(vmId, n) }, ana)));
  expect(Operation.parse(first)).toEqual(first);
  expect(first).toMatchObject({ id: idOf(vmId, 1), requestedBy: 'ana', evidence: { method: 'graceful' } });
  expect(second).toMatchObject({
    id: idOf(vmId, 2),
    requestedBy: 'ben',
    evidence: { method: 'already-off' },
    steps: [],
  });
});

it.each(['power.power-lab.1', 'power.connection-site-a.1', 'power.bulk-x.1', `power.power-${VmId.create()}.7`])(
  'knows no operation %s',
  async (id) => {
    const { power } = await open();
    expect(await power.getOperation({ id: OperationId.parse(id) }, ana)).toMatchObject({ rejected: 'not_found' });
    expect(await power.getOperationFacts({ id: OperationId.parse(id), limit: 9 }, ana)).toMatchObject({
      rejected: 'not_found',
    });
  },
);

it('shows every fact in order, internal ones by a type of their own and without a place', async () => {
  const { room, vmId, power } = await open();
  await power.powerOff({ vmId, ...soft }, ana);
  await room.clock.advance(0);
  const id = idOf(vmId, 1);
  const page = await power.getOperationFacts({ id, limit: 100 }, ana);
  if (isRejection(page)) throw new Error(page.because);
  expect(page.items.map(({ type }) => type.replace('io.drover.power.', ''))).toEqual([
    ...['power-off-requested.v1', 'internal.lease-taken', 'internal.step-finished', 'internal.step-started'],
    ...['internal.step-finished', 'internal.step-finished', 'vm-powered-off.v1'],
  ]);
  for (const item of page.items)
    expect(PublicFact.parse(item)).toMatchObject({ position: null, operationid: id, subject: `vm/${vmId}` });
  expect(page).toMatchObject({ total: 7, next: null, complete: true });
  const paged = await power.getOperationFacts({ id, limit: 5 }, ana);
  const rest = await power.getOperationFacts(
    { id, limit: 5, cursor: isRejection(paged) ? '' : (paged.next ?? '') },
    ana,
  );
  expect([paged, rest].flatMap((each) => (isRejection(each) ? [] : each.items))).toEqual(page.items);
  expect(await power.getOperationFacts({ id, limit: 5, cursor: 'c1.k7.3' }, ana)).toMatchObject({
    rejected: 'cursor_invalid',
  });
});

it('holds the answer until the end, the seconds are over, or the process stops', async () => {
  const { room, vmId, power, stop } = await open();
  room.room.behave = async (_, obey) => void room.clock.after(20_000, () => void obey());
  await power.powerOff({ vmId, ...soft }, ana);
  const answers: string[] = [];
  const wait = (seconds: number) =>
    power.waitForOperation({ id: idOf(vmId, 1), seconds, settled: false }, ana).then((answer) => {
      answers.push(`${seconds} ${isRejection(answer) ? answer.rejected : answer.state}`);
    });
  const all = [wait(5), wait(50)];
  await room.clock.advance(4_900);
  expect(answers).toEqual([]);
  await room.clock.advance(200);
  expect(answers).toEqual(['5 running']);
  await room.clock.advance(20_000);
  await Promise.all(all);
  expect(answers).toEqual(['5 running', '50 succeeded']);

  room.memory.machine(vmId).power = 'poweredOn';
  await power.powerOff({ vmId, ...soft }, keyed('again'));
  const held = power.waitForOperation({ id: idOf(vmId, 2), seconds: 50, settled: false }, ana);
  await room.clock.advance(1_000);
  stop();
  expect(await held).toMatchObject({ state: 'running' });
  expect(await power.waitForOperation({ id: idOf(vmId, 9), seconds: 9, settled: false }, ana)).toMatchObject({
    rejected: 'not_found',
  });
});

it('reads the power from the provider now: six members, and no time that nobody saw', async () => {
  const { room, vmId, power } = await open();
  await room.clock.advance(5_000);
  const machine = room.memory.machine(vmId);
  expect(await power.powerState({ called: vmId }, ana)).toEqual({
    ...{ vm_id: vmId, power_state: 'poweredOn', tools_status: 'toolsOk', last_state_change: machine.bootAt },
    ...{ uptime_seconds: 3605, timestamp: room.clock.now() },
  });
  machine.power = 'poweredOff';
  expect(await power.powerState({ called: vmId }, ana)).toMatchObject({
    power_state: 'poweredOff',
    last_state_change: null,
    uptime_seconds: 0,
  });
  room.observed(vmId);
  await room.clock.advance(0);
  expect(await power.powerState({ called: vmId }, ana)).toMatchObject({ last_state_change: room.clock.now() });
  expect(await power.powerState({ called: vmId }, { ...ana, rights: [] })).toMatchObject({ rejected: 'forbidden' });
});

it('K13: an operation that waits for its provider says so, and when the provider is tried next', async () => {
  const { room, vmId, contact, power } = await open();
  room.room.fault = () => new ProviderFault('provider_unreachable', 'cut');
  await power.powerOff({ vmId, ...soft }, ana);
  await room.clock.advance(1_000);
  const operation = async () => {
    const answer = await power.getOperation({ id: idOf(vmId, 1) }, ana);
    if (isRejection(answer)) throw new Error(answer.because);
    return answer;
  };
  expect(await operation()).toMatchObject({ state: 'running', steps: [], evidence: { firstError: null } });
  const nextTryAt = Instant.plusSeconds(room.clock.now(), 2);
  contact.asked(SITE).unanswered('cut');
  contact.tryAt(SITE, nextTryAt);
  const waiting = await operation();
  expect(Operation.parse(waiting)).toEqual(waiting);
  expect(waiting).toMatchObject({
    state: 'waiting',
    steps: [{ name: 'verify', state: 'running', nextAttemptAt: nextTryAt, code: 'provider_unreachable' }],
    evidence: {
      firstError: {
        code: 'provider_unreachable',
        detail: `The provider is not reached (cut); it is tried again at ${nextTryAt}.`,
      },
    },
    nextActions: ['cancel'],
  });
  contact.asked(SITE).answered();
  contact.tryAt(SITE, null);
  room.room.fault = null;
  await room.clock.advance(60_000);
  expect(await operation()).toMatchObject({ state: 'succeeded', evidence: { firstError: null } });
});
