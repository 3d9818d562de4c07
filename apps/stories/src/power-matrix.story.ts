// The table of modes and guest tools (libs/contracts/golden/cases.power-method.json), row by row at a running house. The
// table is the promise: a change of it is a change of the API.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import type { Operation, Vm } from '@drover/contracts';
import type { Tools } from '@drover/kernel';
import { within } from './house.js';
import { sharedStage, steps, withTools } from './stage.js';

interface Row {
  readonly tools_status: Tools;
  readonly mode: string;
  readonly steps?: readonly string[];
  readonly refused?: number;
}
const matrix = fileURLToPath(new URL('../../../libs/contracts/golden/cases.power-method.json', import.meta.url));
const { rows } = JSON.parse(readFileSync(matrix, 'utf8')) as { readonly rows: readonly Row[] };

const stage = sharedStage();

/** A refusal at the door, or by the first look when the door had not heard of it: the same code, and nothing sent. */
const refusal = (answer: Operation) => ('state' in answer ? answer.error : answer);

it(
  'T20: takes the steps of the matrix, row by row, and no others',
  async () => {
    const vms = await withTools(
      stage(),
      rows.map(({ tools_status }) => tools_status),
    );
    const ends = await Promise.all(rows.map(({ mode }, i) => stage().done(vms[i] as Vm, 'power-off', { mode })));
    for (const [i, row] of rows.entries()) {
      const [vm, end] = [vms[i] as Vm, ends[i] as Operation];
      expect(vm.power.tools).toBe(row.tools_status);
      const calls = stage()
        .callsFor(vm.id)
        .map(({ call }) => call);
      if (row.refused) {
        expect([row, refusal(end)]).toMatchObject([row, { status: row.refused }]);
        expect(calls).toEqual([]);
        expect((await stage().api.vm(vm.id)).body.power.state).toBe('poweredOn');
      } else {
        const taken = row.steps?.filter((step) => step !== 'forced-if-needed');
        expect([row, end.state, steps(end)]).toEqual([row, 'succeeded', taken]);
        expect(end.evidence).toMatchObject({
          method: taken?.at(-1),
          previousState: 'poweredOn',
          newState: 'poweredOff',
        });
        expect(calls).toEqual(taken?.map((step) => (step === 'graceful' ? 'shutdown-guest' : 'power-off')));
      }
    }
  },
  within,
);

it(
  'T20: where force is needed, it is the second step; where it is not in the row, it is never used',
  async () => {
    const hanging = rows.filter((row) => row.steps?.[0] === 'graceful');
    const vms = await withTools(
      stage(),
      hanging.map(({ tools_status }) => tools_status),
    );
    await stage().others(...vms.map(({ id: vm }) => ({ vm, do: 'guest', obeys: false }) as const));
    const ends = await Promise.all(
      hanging.map(({ mode }, i) => stage().done(vms[i] as Vm, 'power-off', { mode, timeoutSeconds: 20 })),
    );
    for (const [i, row] of hanging.entries()) {
      const forces = row.steps?.includes('forced-if-needed');
      const end = ends[i] as Operation;
      expect([row, end.state, steps(end)]).toEqual([
        row,
        forces ? 'succeeded' : 'expired',
        forces ? ['graceful', 'forced'] : ['graceful'],
      ]);
    }
  },
  within,
);

it(
  'T20: what is suspended is only taken hard; what is off already is so in every mode',
  async () => {
    const [asleep, off] = stage().machines(2) as [Vm, Vm];
    await stage().others({ vm: asleep.id, do: 'suspend' }, { vm: off.id, do: 'power-off' });
    await stage().vmWhen(asleep, ({ power }) => power.state === 'suspended');
    await stage().vmWhen(off, ({ power }) => power.state === 'poweredOff');
    for (const mode of ['soft', 'trySoft']) {
      const end = await stage().done(asleep, 'power-off', { mode });
      expect(refusal(end)).toMatchObject({ status: 409, code: 'vm_suspended' });
    }
    expect(stage().callsFor(asleep.id)).toEqual([]);
    expect(await stage().done(asleep, 'power-off', { mode: 'hard' })).toMatchObject({
      state: 'succeeded',
      evidence: { method: 'forced', previousState: 'suspended', newState: 'poweredOff' },
    });
    for (const mode of ['soft', 'trySoft', 'hard'])
      expect(await stage().done(off, 'power-off', { mode })).toMatchObject({
        state: 'succeeded',
        evidence: { method: 'already-off' },
      });
    expect(stage().callsFor(off.id)).toEqual([]);
  },
  within,
);

it(
  'T26: of all that was answered, nothing was called off that was not read as off',
  async () => {
    const { answers, operations, lies } = await stage().honesty();
    expect(lies).toEqual([]);
    expect([answers, operations > 10]).toEqual([0, true]);
  },
  within,
);
