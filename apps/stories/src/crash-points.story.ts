// A process that dies at each step of an operation, before and after its call and after its record, and starts again. Every
// operation ends, and no site sees a second effect. Never: a point without its row here; the crash points are those of
// power's work.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { hasEnded, type Vm } from '@drover/contracts';
import { until } from './api.js';
import { openHouse } from './house.js';

const phases = ['before-call', 'after-call', 'after-record'] as const;

/** A way to make each step happen: what to request, of which machine, and how it may end after the crash. */
const steps = [
  { step: 'graceful', verb: 'power-off', body: { mode: 'soft' }, ends: ['succeeded'] },
  { step: 'forced', verb: 'power-off', body: { mode: 'hard' }, ends: ['succeeded'] },
  { step: 'start', verb: 'power-on', body: {}, ends: ['succeeded'] },
  { step: 'verify', verb: 'power-off', body: { mode: 'hard' }, ends: ['succeeded'] },
  { step: 'wait-tools', verb: 'power-on', body: { waitForTools: true }, ends: ['succeeded'] },
  // A restart is never sent twice: where nobody can verify that it happened, it is unknown.
  { step: 'graceful', verb: 'restart', body: { mode: 'soft' }, ends: ['succeeded', 'unknown'] },
  { step: 'forced', verb: 'restart', body: { mode: 'hard' }, ends: ['succeeded', 'unknown'] },
] as const;

it.each(steps.flatMap((each) => phases.map((phase) => ({ ...each, phase }))))(
  'T-EFF-2: killed at $step:$phase of a $verb, it ends right after the next start',
  async ({ step, verb, body, ends, phase }) => {
    // Tools need a moment to come up, or nobody would have to wait for them.
    const latency = step === 'wait-tools' ? '0.05' : '0';
    await using house = await openHouse({ DROVER_SIMULATOR_LATENCY: latency });
    await house.start({ DROVER_CRASH_AT: `${step}:${phase}` });
    const query = verb === 'power-on' ? '?power=poweredOff&limit=200' : '?power=poweredOn&limit=200';
    // A machine that is off says nothing of its tools but whether they are there.
    const usable = ({ power: { tools } }: Vm) =>
      verb === 'power-on' ? tools === 'toolsNotRunning' : tools === 'toolsOk';
    const found = await until(
      () => house.api().vms(query),
      ({ body }) => body.items.some(usable),
    );
    const vm = found.body.items.find(usable);
    const request = { 'idempotency-key': 'the-one' };
    const path = `/api/v1/vms/${vm?.id}/actions/${verb}`;
    const payload = { timeoutSeconds: 20, ...body };
    await house
      .api()
      .post(path, payload, request)
      .catch(() => null);
    expect((await house.ended()).code).toBe(137);

    await house.start();
    const { body: again, status, headers } = await house.api().post(path, payload, request);
    expect([status, headers.get('idempotency-replayed')]).toEqual([202, 'true']);
    const { body: end } = await until(
      () => house.api().operation(again.id),
      (answer) => hasEnded(answer.body),
      40_000,
    );
    expect(ends).toContain(end.state);
    const lines = readFileSync(join(house.dataDir, 'simulator', 'ledger.ndjson'), 'utf8')
      .split('\n')
      .filter(Boolean);
    const mine = lines
      .map((line) => JSON.parse(line) as { operationId: string; effective: boolean })
      .filter(({ operationId }) => operationId === again.id);
    expect(mine.filter(({ effective }) => effective)).toHaveLength(
      verb === 'restart' && end.state === 'unknown' ? mine.length : 1,
    );
    if (verb === 'restart') expect(mine.length).toBeLessThanOrEqual(1);
  },
  90_000,
);
