import { expect, it } from '@jest/globals';
import { type Operation, type OperationState, type PublicEvent } from '@drover/contracts';
import { CommitId, FactId, Instant, OperationId, reject, StreamId, VmId, type Fact } from '@drover/kernel';
import { memoryEventStore } from '../event-store/event-store.memory.js';
import type { CommitMetadata } from '../event-store/event-store.js';
import { memoryLog } from '../log/log.memory.js';
import { memoryMetrics } from '../metrics/metrics.memory.js';
import { samplesIn } from '../metrics/samples-in.js';
import { serviceLines } from './service-lines.js';
import type { StoredFact } from './stored-fact.js';

const AT = Instant.parse('2026-11-20T10:00:00Z');
const trace = '0af7651916cd43dd8448eb211c80319c';

/** A store, what its owner shows of operations, and processes that tell of them. */
const house = () => {
  const eventStore = memoryEventStore();
  const shown = new Map<OperationId, Pick<Operation, 'state'> & Partial<Operation>>();
  const versions = new Map<StreamId, number>();
  let [clock, reads] = [AT, 0];
  const append = async (stream: StreamId, metadata: Partial<CommitMetadata>, ...facts: Fact[]) => {
    clock = Instant.plusSeconds(clock, 1);
    const version = versions.get(stream) ?? 0;
    versions.set(stream, version + facts.length);
    const recorded = facts.map((fact) => ({ id: FactId.create(), fact }));
    const told = { at: clock, actor: 'policy:power', requestId: 'policy', ...metadata };
    await eventStore.append({ stream, version, commitId: CommitId.create(), facts: recorded, metadata: told });
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    return clock;
  };
  const publish = ({ stream, fact }: StoredFact): PublicEvent | null => {
    if (fact.type === 'Untellable') throw new TypeError('a defect');
    return fact.type === 'StepStarted'
      ? null
      : ({ type: fact.type, subject: stream, partitionkey: stream, data: fact } as unknown as PublicEvent);
  };
  const process = () => {
    const log = memoryLog();
    const metrics = memoryMetrics();
    const report = (where: string) => log.error('fault', { where });
    const { watch } = serviceLines({ log, metrics, report });
    const read = async (id: OperationId) => {
      reads += 1;
      const operation = shown.get(id);
      if (!operation) return reject('not_found', 'There is none.');
      if (operation.kind === undefined) throw new Error('the disk is gone');
      return operation as Operation;
    };
    const stop = watch({ service: 'power', eventStore, publish }, read);
    return { log, metrics, stop, ended: () => log.lines.filter(({ msg }) => msg === 'operation ended') };
  };
  const show = (id: OperationId, state: OperationState, more: Partial<Operation> = {}) => {
    const common = { parent: null, error: null, evidence: null, endedAt: null, requestedBy: 'ana' };
    const target = { type: 'vm', id: 'web', name: 'Web' };
    shown.set(id, { ...common, id, target, kind: 'vm.power-off', ...shown.get(id), state, ...more });
  };
  return { append, process, show, shown, reads: () => reads };
};

const ask = async (here: ReturnType<typeof house>, stream: StreamId, op = 1, more: Partial<Operation> = {}) => {
  const id = OperationId.of('power', stream, op);
  const traceparent = `00-${trace}-b7ad6b7169203331-01`;
  here.show(id, 'running', more);
  const asked = { requestId: `r-${op}`, actor: 'ana', traceparent };
  const requestedAt = await here.append(stream, asked, { type: 'PowerOffRequested', op });
  here.show(id, 'running', { requestedAt });
  return id;
};

it('tells of the end of an operation once, with the request that began it, and counts it', async () => {
  const here = house();
  const { ended, metrics } = here.process();
  const stream = StreamId.of('power', VmId.create());
  const id = await ask(here, stream);
  const before = here.reads();
  await here.append(stream, {}, { type: 'StepStarted', op: 1 });
  expect(here.reads()).toBe(before); // what nobody else is told of ends nothing
  here.show(id, 'succeeded', { endedAt: Instant.plusSeconds(AT, 31) });
  await here.append(stream, {}, { type: 'VmPoweredOff', op: 1 }, { type: 'PowerOffEscalated', op: 1 });
  await here.append(stream, {}, { type: 'PowerOffEscalated', op: 1 }); // a later event of what has ended
  expect(ended()).toEqual([
    {
      ...{ level: 'info', msg: 'operation ended', operationId: id, kind: 'vm.power-off', target: 'vm/web' },
      ...{ state: 'succeeded', seconds: 30, requestId: 'r-1', actor: 'ana', traceId: trace },
    },
  ]);
  expect(samplesIn(await metrics.text())).toContainEqual({
    ...{ name: 'drover_operations_ended_total', value: 1 },
    labels: { kind: 'vm.power-off', state: 'succeeded' },
  });
});

it('says nothing again of what ended before the process began, and finds the request of what ends now', async () => {
  const here = house();
  const first = here.process();
  const stream = StreamId.of('power', VmId.create());
  const old = await ask(here, stream, 1);
  here.show(old, 'succeeded');
  await here.append(stream, {}, { type: 'VmPoweredOff', op: 1 });
  const id = await ask(here, stream, 2);
  first.stop();
  const second = here.process();
  expect(second.ended()).toEqual([]);
  here.show(id, 'failed', { error: { code: 'vm_gone' } as Operation['error'] });
  await here.append(stream, {}, { type: 'PowerOperationFailed', op: 2 });
  expect(second.ended()).toMatchObject([{ level: 'warn', operationId: id, requestId: 'r-2', code: 'vm_gone' }]);
  expect(first.ended()).toHaveLength(1);
});

it('tells of an operation whose outcome was unknown again when it is marked', async () => {
  const here = house();
  const { ended } = here.process();
  const stream = StreamId.of('power', VmId.create());
  const id = await ask(here, stream);
  for (const [type, state] of [
    ['PowerOperationUnknown', 'unknown'],
    ['PowerOperationMarked', 'succeeded'],
  ] as const) {
    here.show(id, state);
    await here.append(stream, {}, { type, op: 1 });
  }
  expect(ended().map(({ state, requestId }) => [state, requestId])).toEqual([
    ['unknown', 'r-1'],
    ['succeeded', 'r-1'],
  ]);
});

it('names for a machine of a bulk the request for the bulk', async () => {
  const here = house();
  const { ended } = here.process();
  const bulk = StreamId.of('bulk', VmId.create());
  const parent = OperationId.of('power', bulk, 1);
  await here.append(bulk, { requestId: 'r-bulk' }, { type: 'BulkRequested', op: 1 });
  const stream = StreamId.of('power', VmId.create());
  const id = await ask(here, stream, 1, { parent });
  here.show(id, 'succeeded');
  await here.append(stream, {}, { type: 'VmPoweredOff', op: 1 });
  expect(ended()).toMatchObject([{ operationId: id, parent, requestId: 'r-bulk' }]);
});

it('reports an operation whose record cannot be read, and goes on', async () => {
  const here = house();
  const { log, ended } = here.process();
  const stream = StreamId.of('power', VmId.create());
  const id = OperationId.of('power', stream, 1);
  here.shown.set(id, { state: 'running' });
  await here.append(stream, {}, { type: 'PowerOffRequested', op: 1 });
  expect(log.lines).toMatchObject([{ level: 'error', where: `the end of ${id}` }]);
  const other = await ask(here, StreamId.of('power', VmId.create()));
  here.show(other, 'cancelled');
  await here.append(OperationId.stream(other), {}, { type: 'PowerOperationCancelled', op: 1 });
  expect(ended()).toMatchObject([{ level: 'info', operationId: other, state: 'cancelled' }]);
});

it('tells of a connection that goes up or down, and why', async () => {
  const here = house();
  const { log } = here.process();
  const type = 'io.drover.inventory.connection-state-changed.v1';
  const stream = StreamId.of('connection', 'lab');
  await here.append(stream, {}, { type, from: 'unknown', to: 'up', code: null });
  await here.append(stream, {}, { type, from: 'up', to: 'down', code: 'provider_unreachable' });
  await here.append(stream, {}, { type: 'ConnectionAdded', revision: 1 });
  expect(log.lines).toEqual([
    { level: 'info', msg: 'connection up', connectionId: 'lab', state: 'up', from: 'unknown', code: null },
    {
      ...{ level: 'warn', msg: 'connection down', connectionId: 'lab', state: 'down', from: 'up' },
      code: 'provider_unreachable',
    },
  ]);
});

it('what cannot be told to others is reported, and the ends beside it are told', async () => {
  const here = house();
  const { log, ended } = here.process();
  const [broken, sound] = [StreamId.of('power', VmId.create()), StreamId.of('power', VmId.create())];
  await ask(here, broken, 1);
  await here.append(broken, {}, { type: 'Untellable', op: 1 });
  const id = await ask(here, sound, 1);
  here.show(id, 'succeeded');
  await here.append(sound, {}, { type: 'VmPoweredOff', op: 1 });
  expect(log.lines).toContainEqual(
    expect.objectContaining({ msg: 'fault', where: `the ends of operations in ${broken}` }),
  );
  expect(ended()).toMatchObject([{ operationId: id, state: 'succeeded' }]);
});
