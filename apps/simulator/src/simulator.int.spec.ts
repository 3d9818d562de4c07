import { mkdtempSync, rmSync } from 'node:fs';
import { request, type RequestOptions } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OperationId, StreamId, VmId } from '@drover/kernel';
import { localClock } from '@drover/local';
import { readCounter, sleep, type CatalogNews } from '@drover/ports';
import { machineCatalogContract, powerControlContract } from '@drover/ports/testing';
import { remoteSimulator, type RemoteSimulator } from '@drover/simulator';
import { undiciOutboundHttp } from '@drover/undici';
import { startSimulator } from './simulator.js';

const secret = 'a-token-of-the-simulator-for-this-spec';
const clock = localClock();
const { signal } = new AbortController();
const token = { operationId: OperationId.of('power', StreamId.of('power', 'web'), 1), attempt: 1, epoch: 1 };

/** A process of the sites with a fleet, and clients that reach it. */
const open = async (vms = 20, latency = 0) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'drover-simulator-'));
  const report = (where: string, error: unknown) => {
    throw new Error(where, { cause: error });
  };
  const process = await startSimulator({ port: 0, token: secret, dataDir, vms, latency }, report);
  const clients: RemoteSimulator[] = [];
  const client = (run = 'first', url = process.url, bearer = secret) => {
    const http = undiciOutboundHttp({ clock });
    const made = remoteSimulator({ http, url, token: bearer, clock, reads: readCounter(run) });
    clients.push(made);
    return made;
  };
  return {
    ...process,
    client,
    close: async () => {
      await Promise.all(clients.map((each) => each.close()));
      await process.close();
      rmSync(dataDir, { recursive: true });
    },
  };
};
type Opened = Awaited<ReturnType<typeof open>>;

describe.each([0, 0.01])('with %s of the real latency', (latency) => {
  powerControlContract(`the simulator of another process, latency ${latency}`, async () => {
    const { sites, client, close } = await open(20, latency);
    const machine = sites.machine('pgtest1').ref;
    const { control } = client();
    return {
      ...{ control, machine, close },
      absent: { ...machine, key: VmId.create() },
      disconnect: async () => sites.faults.set([{ vm: 'pgtest1', call: 'read', do: 'disconnected' }]),
      markAsTemplate: async () => void sites.do('pgtest1', 'template', { is: true }),
      reset: async () => {
        sites.faults.set([]);
        if (sites.machine('pgtest1').reading.template) sites.do('pgtest1', 'template', { is: false });
        for (let tries = 0; tries < 400; tries++) {
          const { reading, task } = sites.machine('pgtest1'); // itself: what is read by the way may be over by now
          if (reading.power === 'poweredOn' && reading.tools === 'toolsOk' && !task) return;
          if (reading.power !== 'poweredOn' && !task) sites.do('pgtest1', 'power-on');
          await sleep(clock, 5);
        }
        throw new Error('the machine does not come back');
      },
    };
  });
});

machineCatalogContract('the simulator of another process', async () => {
  const { sites, client, close } = await open(40);
  const { target } = sites.machine('pgtest2').ref;
  const mine = sites.machines().filter(({ connectionId }) => connectionId === target.id);
  return {
    ...{ target, close },
    catalog: client().catalog,
    keys: mine.map(({ ref }) => ref.key),
    change: async () => {
      const { name, reading } = sites.machine(mine[0]?.name ?? '');
      sites.do(name, reading.power === 'poweredOn' ? 'power-off' : 'power-on');
    },
    hide: async () => void sites.do(mine[1]?.name ?? '', 'state', { readable: false }),
    cut: async () => sites.faults.set([{ vm: target.id, call: '*', do: 'unavailable' }]),
  };
});

describe('the process of the simulated sites', () => {
  let opened: Opened;
  beforeEach(async () => void (opened = await open()));
  afterEach(() => opened.close());

  /** A watch that is past its listing; it gives what it tells next. */
  const watching = async ({ catalog }: RemoteSimulator, until = signal) => {
    const { target } = opened.sites.machine('pgtest1').ref;
    const news = catalog.watch(target, until)[Symbol.asyncIterator]();
    const next = async () => ((await news.next()) as IteratorResult<CatalogNews, undefined>).value;
    while ((await next())?.is !== 'complete');
    return next;
  };

  it('shows two clients one fleet: what one switches off the other reads as off, and its watch tells it', async () => {
    const { ref } = opened.sites.machine('pgtest1');
    const [first, second] = [opened.client('first'), opened.client('second')];
    const next = await watching(second);
    await first.control.send(ref, 'power-off', token, signal);
    expect(await second.control.read(ref, signal)).toMatchObject({ power: 'poweredOff', run: 'second' });
    expect(await next()).toMatchObject({
      is: 'machines',
      machines: [{ name: 'pgtest1', power: 'poweredOff', run: 'second', n: expect.any(Number) }],
    });
  });

  it('tells of a change with a number that is given after it: what was read before is older', async () => {
    const { ref } = opened.sites.machine('pgtest1');
    const client = opened.client();
    const next = await watching(client);
    const { n } = await client.control.read(ref, signal);
    opened.sites.do('pgtest1', 'power-off');
    const news = await next();
    expect(news?.is === 'machines' && news.machines[0]).toMatchObject({ power: 'poweredOff' });
    expect(news?.is === 'machines' && Number(news.machines[0]?.n)).toBeGreaterThan(n);
  });

  it('tells between two questions of a watch, too, and who went', async () => {
    const next = await watching(opened.client());
    for (let n = 0; n < 20; n++) {
      opened.sites.do('pgtest1', n % 2 === 0 ? 'power-off' : 'power-on');
      const power = n % 2 === 0 ? 'poweredOff' : 'poweredOn';
      for (let seen: unknown; seen !== power;) {
        const news = await next();
        if (news?.is === 'machines') seen = news.machines[0]?.power;
      }
    }
    const { ref } = opened.sites.machine('pgtest2');
    opened.sites.do('pgtest2', 'remove');
    let news = await next();
    while (news?.is !== 'removed') news = await next();
    expect(news).toMatchObject({ keys: [ref.key], order: { run: 'first' } });
  });

  it('ends the watches of a connection that is released, and those of this client alone', async () => {
    const { ref } = opened.sites.machine('pgtest1');
    const [first, second] = [opened.client('first'), opened.client('second')];
    const [mine, others] = [await watching(first), await watching(second)];
    const broken = expect(mine()).rejects.toMatchObject({ code: 'provider_unreachable' });
    await first.catalog.release(ref.target);
    await broken;
    opened.sites.do('pgtest1', 'power-off');
    expect(await others()).toMatchObject({ is: 'machines' });
  });

  it('keeps code, detail and `sent` of a fault', async () => {
    const { ref } = opened.sites.machine('pgtest1');
    const { control } = opened.client();
    opened.sites.faults.set([{ vm: 'pgtest1', call: 'power-off', do: 'drop-response', times: 1 }]);
    const remote = await control.send(ref, 'power-off', token, signal).catch((error: unknown) => error);
    expect(remote).toMatchObject({
      code: 'no_answer',
      sent: 'maybe',
      detail: 'The connection broke before the answer.',
    });
    expect(opened.sites.ledger()).toMatchObject([{ call: 'power-off', ...token }]);
    const refused = { code: 'invalid_power_state', sent: 'no', detail: expect.stringContaining('poweredOff') };
    await expect(control.send(ref, 'power-off', token, signal)).rejects.toMatchObject(refused);
  });

  it('does not know what became of a call that was posted and given up; the site hears that nobody waits', async () => {
    const { ref } = opened.sites.machine('pgtest1');
    const { control } = opened.client();
    opened.sites.faults.set([{ vm: 'pgtest1', call: 'power-off', do: 'hang' }]);
    const sent = control.send(ref, 'power-off', token, AbortSignal.timeout(200));
    await expect(sent).rejects.toMatchObject({ code: 'no_answer', sent: 'maybe' });
    const asked = control.read(ref, AbortSignal.abort());
    await expect(asked).rejects.toMatchObject({ code: 'no_answer', sent: 'no' });
  });

  it('is ready once all machines stand, and alive before', async () => {
    const large = await open(50_000);
    try {
      const status = async (path: string) => (await fetch(`${large.url}/health/${path}`)).status;
      expect([await status('ready'), await status('live')]).toEqual([503, 200]);
      await large.client().standing;
      expect(await status('ready')).toBe(200);
    } finally {
      await large.close();
    }
  }, 30_000);

  it('a client with a wrong token is told so', async () => {
    const { ref } = opened.sites.machine('pgtest1');
    const stranger = opened.client('stranger', opened.url, 'x'.repeat(32));
    await expect(stranger.control.read(ref, signal)).rejects.toMatchObject({ code: 'sign_in_failed', sent: 'no' });
  });

  const headers = { authorization: `Bearer ${secret}` };
  const post = (body: string, more: Record<string, string> = {}) =>
    fetch(`${opened.url}/v1/call`, { method: 'POST', headers: { ...headers, ...more }, body });
  const call = { connection: 'site-a', port: 'machine-catalog', method: 'ping', args: {} };

  it('answers a call that is whole', async () => {
    const answer = await post(JSON.stringify(call));
    expect([answer.status, await answer.json()]).toEqual([200, { result: null }]);
  });

  it.each([
    ['a wrong bearer', JSON.stringify(call), { authorization: `Bearer ${'x'.repeat(32)}` }, 401],
    ['a broken JSON', '{"connection"', {}, 400],
    ['a call that there is none of', JSON.stringify({ ...call, method: 'remove' }), {}, 400],
    ['a power call without a token', JSON.stringify({ ...call, port: 'power-control', method: 'send' }), {}, 400],
    ['a large body', JSON.stringify({ ...call, args: 'x'.repeat(1024 * 1024) }), {}, 413],
  ])('refuses %s', async (_what, body, more, status) => {
    const answer = await post(body, more);
    expect([answer.status, await answer.json()]).toEqual([status, { error: expect.any(String) }]);
  });

  /** The status of what `fetch` does not send. */
  const statusOf = (path: string, options: RequestOptions, chunks: readonly string[] = []) =>
    new Promise<number | undefined>((done, fail) => {
      const sent = request(`${opened.url}${path}`, options, (answer) => {
        answer.resume();
        done(answer.statusCode);
      });
      sent.on('error', fail);
      for (const chunk of chunks) sent.write(chunk);
      sent.end();
    });

  it('refuses a large body that does not say how large it is', async () =>
    expect(await statusOf('/v1/call', { method: 'POST', headers }, Array<string>(40).fill('x'.repeat(32 * 1024)))).toBe(
      413,
    ));

  it('refuses a foreign host, before anything else', async () =>
    expect(await statusOf('/health/live', { headers: { host: 'drover.example.test' } })).toBe(403));

  it('does not know a watch that is over', async () => {
    const query = new URLSearchParams({ connection: 'site-a', watch: VmId.create(), after: '3' });
    expect((await fetch(`${opened.url}/v1/watch?${query.toString()}`, { headers })).status).toBe(404);
    expect((await fetch(`${opened.url}/v1/watch?connection=site-a&after=3`, { headers })).status).toBe(400);
  });
});
