// How a start goes and how it is refused: settings, ports, the directory's lock, files that can be read by others. Every
// refusal is one sentence that says what to do, and exit 1.
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { until } from './api.js';
import { openHouse, startedHouse, within } from './house.js';

/** What a start that is refused says. */
const refusal = async (settings: Readonly<Record<string, string>>) => {
  await using house = await openHouse();
  const { code, complained } = await house.task([], settings);
  return [code, complained];
};

it(
  'prints where it is, a link to sign in and what to try',
  async () => {
    await using house = await openHouse();
    const said = await house.start();
    expect(said).toContain(`ready at ${house.url}`);
    expect(said).toContain('200 simulated machines');
    expect(said).toMatch(/\/api\/auth\/link\/[\w-]{20,}/);
    expect(said.match(/^ {2}curl /gm)).toHaveLength(3);
    expect((await fetch(`${house.url}/health/ready`)).status).toBe(200);
  },
  within,
);

it(
  'lists every setting with --help',
  async () => {
    await using house = await openHouse();
    const { code, said } = await house.task(['--help']);
    expect([code, said]).toEqual([0, expect.stringContaining('DROVER_SIMULATOR_VMS')]);
  },
  within,
);

it(
  'says that its port is in use',
  async () => {
    await using taken = createServer();
    await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done));
    const { port } = taken.address() as AddressInfo;
    expect(await refusal({ APP_PORT: String(port) })).toEqual([
      1,
      `Port ${port} on 127.0.0.1 is in use: stop what listens there or set APP_PORT to another port.\n`,
    ]);
  },
  within,
);

it.each([
  ['DROVER_HOTS', 'x', 'DROVER_HOTS is not a setting; did you mean DROVER_HOST?\n'],
  ['APP_PORT', 'http', 'APP_PORT="http" is invalid: a port is a whole number from 0 to 65535.\n'],
  ['DROVER_DATA_DIR', '/dev/null/data', expect.stringMatching(/^DROVER_DATA_DIR[^\n]+\.\n$/)],
  ['DROVER_DATA_DIR', '/proc/drover', expect.stringMatching(/^DROVER_DATA_DIR[^\n]+\.\n$/)],
  ['DROVER_ALLOWED_HOSTS', ',', expect.stringMatching(/^DROVER_ALLOWED_HOSTS="," [^\n]+\.\n$/)],
  [
    'DROVER_PUBLIC_URL',
    'http://u:p@h',
    expect.stringMatching(/^DROVER_PUBLIC_URL is invalid: it has a user [^\n]+\.\n$/),
  ],
  ['DROVER_CONNECTIONS', '/dev/zero', 'DROVER_CONNECTIONS: /dev/zero cannot be read (EINVAL).\n'],
  ['DROVER_CONNECTIONS', '/nowhere.yaml', 'DROVER_CONNECTIONS: /nowhere.yaml cannot be read (ENOENT).\n'],
])(
  'K30, K31: says what is wrong with %s=%s',
  async (name, value, sentence) => {
    expect(await refusal({ [name]: value })).toEqual([1, sentence]);
  },
  within,
);

it(
  'K31: listens on [::1] as on any address of this machine',
  async () => {
    await using house = await openHouse({ DROVER_HOST: '[::1]', DROVER_SIMULATOR_VMS: '0' });
    const [origin] = /http:\/\/\[::1\]:\d+/.exec(await house.start()) ?? [];
    expect((await fetch(`${origin}/health/ready`)).status).toBe(200);
  },
  within,
);

it(
  'is one process on a data directory: a second one is told who has it',
  async () => {
    await using house = await startedHouse();
    const { code, complained } = await house.task([], { APP_PORT: '0' });
    expect([code, complained]).toEqual([1, expect.stringMatching(/^[^\n]*is used by [^\n]+\.\n$/)]);
    expect((await house.api().fleet()).status).toBe(200);
  },
  within,
);

it(
  'makes no directory for what needs the data of another one',
  async () => {
    await using house = await openHouse();
    const elsewhere = join(house.dataDir, 'typo');
    for (const task of ['login-link', 'rebuild']) {
      const { code, complained } = await house.task([task], { DROVER_DATA_DIR: elsewhere });
      expect([code, complained]).toEqual([
        1,
        `${elsewhere} holds no data of Drover: set DROVER_DATA_DIR to the directory that npm start uses.\n`,
      ]);
    }
    expect(existsSync(elsewhere)).toBe(false);
  },
  within,
);

it(
  'does not start on data of a newer format, on an open token file or with an example secret',
  async () => {
    await using house = await startedHouse();
    await house.stop();
    chmodSync(join(house.dataDir, 'admin.token'), 0o644);
    const open = await house.task([]);
    expect([open.code, open.complained]).toEqual([1, expect.stringContaining('admin.token')]);
    chmodSync(join(house.dataDir, 'admin.token'), 0o600);

    const secret = join(house.dataDir, 'lab.json');
    writeFileSync(secret, JSON.stringify({ username: 'drover', password: 'change-me' }), { mode: 0o600 });
    const connections = join(house.dataDir, 'connections.json');
    const lab = { id: 'lab', name: 'Lab', kind: 'vsphere', url: 'https://vcenter.example.test/sdk' };
    writeFileSync(connections, JSON.stringify([{ ...lab, credential: `file:${secret}` }]));
    const example = await house.task([], { DROVER_CONNECTIONS: connections });
    expect([example.code, example.complained]).toEqual([1, expect.stringMatching(/^[^\n]*lab[^\n]*\.\n$/)]);
    expect(example.complained).not.toContain('change-me\n');

    writeFileSync(join(house.dataDir, 'format.json'), '{"format": 99}');
    const newer = await house.task([]);
    expect([newer.code, newer.complained]).toEqual([1, expect.stringContaining('newer')]);
  },
  within,
);

it(
  'K33: does not start with a secret in the address of a connection or as a member of it, and prints neither',
  async () => {
    await using house = await openHouse();
    const connections = join(house.dataDir, 'connections.json');
    const lab = { id: 'lab', name: 'Lab', kind: 'vsphere', credential: 'env:LAB', url: 'https://127.0.0.1:1/sdk' };
    for (const slip of [{ url: `${lab.url}?password=hunter2#hunter2` }, { hunter2: 'hunter2' }]) {
      writeFileSync(connections, JSON.stringify([{ ...lab, ...slip }]));
      const { code, said, complained } = await house.task([], { DROVER_CONNECTIONS: connections });
      expect([code, complained]).toEqual([
        1,
        expect.stringMatching(/^DROVER_CONNECTIONS: .*connection lab\)[^\n]*\.\n$/),
      ]);
      expect(said + complained).not.toContain('hunter2');
    }
  },
  within,
);

it(
  'does not start with a connection that has the id of a simulated site',
  async () => {
    await using house = await openHouse({ DROVER_SIMULATOR_VMS: '6', LAB: '{"username":"u","password":"p4ssw0rd"}' });
    const connections = join(house.dataDir, 'connections.json');
    const lab = { id: 'site-a', name: 'Lab', kind: 'vsphere', credential: 'env:LAB', url: 'https://127.0.0.1:1/sdk' };
    writeFileSync(connections, JSON.stringify([lab]));
    const { code, complained } = await house.task([], { DROVER_CONNECTIONS: connections });
    expect([code, complained]).toEqual([
      1,
      'DROVER_CONNECTIONS: the connection site-a has the id of a simulated site: give it another one, or set DROVER_SIMULATOR_VMS=0.\n',
    ]);
    await house.start({ DROVER_CONNECTIONS: connections, DROVER_SIMULATOR_VMS: '0' });
    const shown = await until(
      () => house.api().get<{ items: unknown[] }>('/api/v1/connections'),
      ({ body }) => body.items.length > 0,
    );
    expect(shown.body.items).toHaveLength(1);
  },
  within,
);

it(
  'says of a file that is not what it should be which one it is',
  async () => {
    await using house = await startedHouse({ DROVER_SIMULATOR_VMS: '2' });
    await house.stop();
    writeFileSync(join(house.dataDir, 'power', 'facts.db'), 'not a database at all, but text that somebody put here');
    const { code, complained } = await house.task([]);
    expect([code, complained]).toEqual([1, expect.stringMatching(/^The store at [^\n]*power\/facts\.db[^\n]+\.\n$/)]);
  },
  within,
);

it(
  'does not start where it cannot write',
  async () => {
    await using house = await openHouse();
    const file = join(house.dataDir, 'file');
    writeFileSync(file, '');
    const { code, complained } = await house.task([], { DROVER_DATA_DIR: file });
    expect([code, complained]).toEqual([1, expect.stringMatching(/^DROVER_DATA_DIR[^\n]+\.\n$/)]);
    mkdirSync(join(house.dataDir, 'sub'));
  },
  within,
);

it('K45: answers that it lives while its views are built, and nothing that it does not know yet', async () => {
  await using house = await startedHouse({ DROVER_SIMULATOR_VMS: '400', DROVER_SIMULATOR_LATENCY: '0' });
  await house.stop();
  for (const service of ['inventory', 'power', 'gateway'])
    for (const file of ['views.db', 'journal.db'])
      for (const part of ['', '-wal', '-shm']) rmSync(join(house.dataDir, service, `${file}${part}`), { force: true });
  const seen = new Set<string>();
  let ready = false;
  const started = house.start().finally(() => (ready = true));
  while (!ready) {
    // One after the other, the least known first: what is answered later can only know more.
    const answers: string[] = [];
    for (const path of ['/api/v1/fleet', '/health/ready', '/health/live']) {
      const answer = await house
        .api()
        .get<{ code?: string }>(path)
        .catch(() => null);
      if (answer) answers.push(`${answer.status} ${answer.body.code ?? ''}`.trim());
    }
    if (answers.length === 3) seen.add(answers.join(', '));
    await new Promise((done) => setTimeout(done, 5));
  }
  await started;
  const starting = '503 not_ready, 503, 200';
  const right = [starting, '503 not_ready, 200, 200', '200, 200, 200'];
  expect([...seen].filter((each) => !right.includes(each))).toEqual([]);
  expect(seen).toContain(starting);
  const fleet = await until(
    () => house.api().fleet(),
    ({ body }) => body.complete,
  );
  expect(fleet.body.total).toBe(400);
}, 120_000);
