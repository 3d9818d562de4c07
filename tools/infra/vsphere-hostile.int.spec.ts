import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { ConnectionId, ConnectionKind, type ConnectionTarget } from '@drover/kernel';
import { memorySecretSource, readCounter } from '@drover/ports';
import { undiciOutboundHttp } from '@drover/undici';
import { vsphere } from '@drover/vsphere';
import { SHAPES, startHostileProvider } from '../faultbench/hostile-provider.ts';
import { benchClock } from './vsphere-bench.ts';

let provider: Awaited<ReturnType<typeof startHostileProvider>>;
beforeAll(async () => void (provider = await startHostileProvider()));
afterAll(() => provider?.stop());

const targetOf = (shape: string): ConnectionTarget => ({
  ...{
    id: ConnectionId.parse(shape),
    kind: ConnectionKind.parse('vsphere'),
    url: `${provider.url}/${shape}/sdk`,
    credentialRef: 'env:LAB',
  },
  ...{ tls: { mode: 'system', value: null }, allow: ['127.0.0.1'], revision: 1 },
});
const adapter = () =>
  vsphere({
    http: undiciOutboundHttp({ clock: benchClock }),
    secrets: memorySecretSource({ 'env:LAB': { username: 'ana', password: 'correct horse' } }),
    clock: benchClock,
    reads: readCounter('bench'),
  });

/** For how long this process was ready to run and had no processor, in ms; zero where the system does not count it. */
const waited = () => {
  try {
    return Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[1]) / 1e6;
  } catch {
    return 0;
  }
};
/** How long the loop stood still at most while something ran, in ms, beyond what it waited for a processor meanwhile. */
const held = async (work: () => Promise<unknown>) => {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  const before = waited();
  delay.enable();
  await work();
  await new Promise((done) => setTimeout(done, 20));
  delay.disable();
  return Math.max(0, delay.max / 1e6 - (waited() - before));
};
/** What this machine does to a process that computes a little at a time: others share it. */
const noise = () =>
  held(async () => {
    for (let end = performance.now() + 1_000; performance.now() < end;) {
      for (let turn = performance.now() + 5; performance.now() < turn;);
      await new Promise((done) => setImmediate(done));
    }
  });

/** These are large, and nothing is wrong with them: a listing without a machine that has a name. */
const HARMLESS = ['objects-4-mb', 'devices-1-mb', 'references-7-mb'];
const BOUNDED = SHAPES.filter((shape) => shape !== 'drip');
it.each(BOUNDED)(
  'K10: an answer of the shape %s ends its own call, and the process goes on meanwhile',
  async (shape) => {
    const lateness = async () => {
      const { catalog, close } = adapter();
      const list = async () => {
        const pages = catalog.list(targetOf(shape), AbortSignal.timeout(60_000))[Symbol.asyncIterator]();
        while (!(await pages.next()).done);
      };
      let fault: unknown;
      const late = await held(async () => {
        fault = await list().catch((error: unknown) => error);
      });
      await close();
      if (HARMLESS.includes(shape)) expect(fault).toBeUndefined();
      else expect(fault).toMatchObject({ name: 'ProviderFault', code: 'provider_error' });
      return late;
    };
    const bound = 1_000 + 10 * (await noise());
    let late = await lateness();
    if (late >= bound) late = await lateness(); // what this process did of itself, as to clear its memory, does not come twice
    expect(late).toBeLessThan(bound);
  },
  90_000,
);

it('K10: a byte a second is no answer: the call ends in its time', async () => {
  const { catalog, close } = adapter();
  const stop = AbortSignal.timeout(3_000);
  const listed = catalog.list(targetOf('drip'), stop)[Symbol.asyncIterator]().next();
  await expect(listed).rejects.toMatchObject({ name: 'ProviderFault', code: 'provider_unreachable' });
  await close();
}, 30_000);
