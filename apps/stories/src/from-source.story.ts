// What the pages tell an operator to type who starts Drover from source: on a copy of the tree, as it is printed, but for
// the port, and for names and addresses of others that stand on the pages as examples.
import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import type { Connection, Health, Page } from '@drover/contracts';
import { ownPort } from '../../../tools/faultbench/port.js';
import { commandsFor, commandsOf } from '../../../tools/docs/page-commands.js';
import { copyTree } from '../../../tools/docs/tree-copy.js';
import { apiOf, until } from './api.js';
import { terminal } from './terminal.js';

const within = 120_000;
const copy = copyTree();
afterAll(() => copy[Symbol.dispose]());
const port = await ownPort();
const url = `http://127.0.0.1:${port}`;
const dataDir = join(copy.root, 'data');
/** The port of this test, and a small fleet that answers at once. */
const SETTINGS = { APP_PORT: String(port), DROVER_SIMULATOR_VMS: '12', DROVER_SIMULATOR_LATENCY: '0' };
const shell = terminal(copy.root, SETTINGS);
const READY = /ready at http/;

const textOf = (page: string) => readFileSync(join(copy.root, page), 'utf8');
/** The commands of a page that are marked for this test. */
const typed = (page: string) => commandsFor('apps/stories/src/from-source.story.ts', page, textOf(page));
const one = (page: string, saying: string) => {
  const found = typed(page).filter((script) => script.includes(saying));
  if (found.length !== 1) throw new Error(`${page} has ${found.length} blocks with ${saying}`);
  return found[0] as string;
};
const api = () => apiOf(url, readFileSync(join(dataDir, 'admin.token'), 'utf8').trim());
const START = one('docs/start/first-power-off.md', 'npm start');
/** Drover with a fleet that it has found. */
const started = async (script = START, size = 12) => {
  const drover = await shell.begin(script, READY);
  await until(
    () => api().fleet(),
    ({ body }) => body.total === size && body.complete,
  );
  return drover;
};

it(
  'README.md: a clone builds and starts; its packages are those of the copy, which a hook of git puts there',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'drover-clone-'));
    try {
      mkdirSync(join(folder, 'template/hooks'), { recursive: true });
      const hook = `#!/bin/sh\ncp -a '${join(copy.root, 'node_modules')}' .\n`;
      writeFileSync(join(folder, 'template/hooks/post-checkout'), hook, { mode: 0o755 });
      const script = one('README.md', 'git clone').replace('<this repository>', copy.root);
      await using drover = await terminal(folder, { ...SETTINGS, GIT_TEMPLATE_DIR: join(folder, 'template') }).begin(
        script,
        READY,
      );
      expect((await fetch(`${url}/health/live`)).status).toBe(200);
      expect(existsSync(join(folder, 'drover/data/admin.token'))).toBe(true);
      await drover.stop();
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  3 * within, // it builds everything
);

it(
  'docs/start/first-power-off.md: starts, and makes its data beside it',
  async () => {
    await using drover = await started();
    expect(drover.said()).toContain(`ready at ${url}`);
    expect(drover.said().match(/^ {2}curl /gm)).toHaveLength(3);
    expect(existsSync(join(dataDir, 'power', 'facts.db'))).toBe(true);
    expect((await drover.stop()).complained).not.toContain('Error');
  },
  within,
);

it(
  'docs/how-to/watch-drover.md: the log goes to a file, and the id of a request leads through it',
  async () => {
    const page = 'docs/how-to/watch-drover.md';
    await using drover = await started(one(page, 'npm start'));
    const asks = commandsOf(page, textOf(page)).find(({ script }) => script.includes('X-Request-Id: follow-me'));
    const asked = await shell.run((asks?.script ?? '').replaceAll('http://127.0.0.1:8000', url));
    expect([asked.code, asked.said.trim().toLowerCase()]).toEqual([0, 'x-request-id: follow-me']);
    const lines = await until(
      async () => (await shell.run(one(page, 'grep'))).said.trim().split('\n'),
      ({ length }) => length > 1,
    );
    const told = lines.map((line) => JSON.parse(line) as { readonly msg: string });
    expect(told.map(({ msg }) => msg).sort()).toEqual(['operation ended', 'request']);
    await drover.stop();
  },
  within,
);

it(
  'docs/how-to/operate.md: another link while it runs; a check and a rebuild while it does not',
  async () => {
    const page = 'docs/how-to/operate.md';
    await using drover = await started();
    const before = (await api().events()).at(-1)?.position ?? '';
    expect(await shell.run(one(page, 'login-link'))).toMatchObject({
      ...{ code: 0, said: expect.stringContaining(`${url}/api/auth/link/`) },
    });
    await drover.stop();
    expect(await shell.run(one(page, 'store -- verify'))).toMatchObject({ code: 0 });
    expect(await shell.run(one(page, 'rebuild'))).toMatchObject({ code: 0 });
    await using again = await started();
    expect((await api().get(`/api/v1/events?after=${before}`)).status).toBe(410); // the cursor is foreign now
    await again.stop();
  },
  within,
);

it(
  'docs/how-to/back-up-and-restore.md: a copy is put back; without one the loss is accepted by name',
  async () => {
    const page = 'docs/how-to/back-up-and-restore.md';
    await using before = await started();
    const [vm] = (await api().vms('?power=poweredOn&limit=1')).body.items;
    const { id } = await api().done(`/api/v1/vms/${vm?.id}/actions/power-off`, { mode: 'hard' });
    await before.stop();
    expect(await shell.run(one(page, 'cp -a'))).toMatchObject({ code: 0 });
    const copied = execFileSync('bash', ['-c', 'ls -d data.*'], { cwd: copy.root, encoding: 'utf8' }).trim();

    await using later = await started();
    const lost = await api().done(`/api/v1/vms/${vm?.id}/actions/power-on`);
    await later.stop();
    for (const end of ['-wal', '-shm']) rmSync(join(dataDir, `power/facts.db${end}`), { force: true });
    cpSync(join(copy.root, copied, 'power/facts.db'), join(dataDir, 'power/facts.db'));

    await using lacking = await shell.begin(START, /./); // it says what it lacks once it listens
    const detail = await until(
      async () =>
        (
          await api()
            .get<Health>('/health/detail')
            .catch(() => null)
        )?.body.checks?.['power store']?.detail,
      (text) => text?.includes('lacks') ?? false,
    );
    const [, printed = '{}'] = /```json\n(\{"power store"[\s\S]*?)```/.exec(textOf(page)) ?? [];
    const like = (text = '') => text.replace(/\d+/g, 'N').replace(/\(by its anchor[^)]*\)/, '(…)');
    const shown = (JSON.parse(printed) as Readonly<Record<string, { readonly detail: string }>>)['power store'];
    expect(like(detail)).toBe(like(shown?.detail));
    await lacking.stop();
    const verified = await shell.run(one(page, 'store -- verify'));
    expect([verified.code, `${verified.said}${verified.complained}`]).toEqual([1, expect.stringContaining('power')]);

    renameSync(dataDir, join(copy.root, 'lacking'));
    execFileSync('cp', ['-a', copied, 'data'], { cwd: copy.root });
    await using restored = await started();
    expect((await api().operation(id)).body).toMatchObject({ id, state: 'succeeded' });
    await restored.stop();

    rmSync(dataDir, { recursive: true });
    renameSync(join(copy.root, 'lacking'), dataDir);
    expect(await shell.run(one(page, 'accept-loss power'))).toMatchObject({
      ...{ code: 0, said: expect.stringMatching(/power/) },
    });
    await using poorer = await started();
    expect([(await api().operation(id)).status, (await api().operation(lost.id)).status]).toEqual([200, 404]);
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    await poorer.stop();
    rmSync(join(copy.root, copied), { recursive: true });
  },
  2 * within,
);

it(
  'docs/how-to/upgrade.md: from source the next release is pulled, and starts on the same data',
  async () => {
    const git = (cwd: string, ...words: readonly string[]) =>
      execFileSync('git', ['-c', 'user.name=story', '-c', 'user.email=story@drover.test', ...words], {
        ...{ cwd, encoding: 'utf8', stdio: 'pipe' },
      });
    const upstream = mkdtempSync(join(tmpdir(), 'drover-upstream-'));
    try {
      git(upstream, 'clone', '--quiet', copy.root, '.');
      const branch = git(copy.root, 'branch', '--show-current').trim();
      git(copy.root, 'remote', 'add', 'origin', upstream);
      git(copy.root, 'fetch', '--quiet', 'origin');
      git(copy.root, 'branch', '--quiet', `--set-upstream-to=origin/${branch}`);
      writeFileSync(join(upstream, 'NEXT'), 'the next release\n');
      git(upstream, 'add', '--all');
      git(upstream, 'commit', '--quiet', '--no-verify', '--message=next');
      await using drover = await started(typed('docs/how-to/upgrade.md')[0]);
      expect(existsSync(join(copy.root, 'NEXT'))).toBe(true);
      expect((await api().vms('?power=poweredOff')).body.total).toBeGreaterThan(0);
      await drover.stop();
    } finally {
      rmSync(upstream, { recursive: true });
    }
  },
  within,
);

it(
  'docs/how-to/connect-a-vcenter.md: the file of the page is read at the start, and the connection says how it does',
  async () => {
    const page = 'docs/how-to/connect-a-vcenter.md';
    const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(textOf(page)) ?? [];
    const [, json = ''] = /```json\n([\s\S]*?)```/.exec(textOf(page)) ?? [];
    const secret = join(copy.root, 'prod-eu.json');
    writeFileSync(secret, json, { mode: 0o600 });
    const here = yaml
      .replace(/^ {3}/gm, '')
      .replace('/run/secrets/prod-eu.json', secret)
      .replace('https://vcenter.example.test/sdk', `https://127.0.0.1:${await ownPort()}/sdk`)
      .replace('10.1.0.0/16', '127.0.0.1');
    writeFileSync(join(copy.root, 'connections.yaml'), here);
    await using drover = await shell.begin(one(page, 'DROVER_CONNECTIONS'), READY);
    const { items } = (
      await until(
        () => api().get<Page<Connection>>('/api/v1/connections'),
        ({ body }) => body.items.some(({ id, reason }) => id === 'prod-eu' && reason !== null),
      )
    ).body;
    const connection = items.find(({ id }) => id === 'prod-eu');
    expect(connection).toMatchObject({ name: 'Production EU', kind: 'vsphere', groupIds: ['eu'] });
    expect(textOf(page)).toContain(`| \`${connection?.reason?.code}\` |`);
    await drover.stop();
  },
  within,
);

it('docs/how-to/connect-a-vcenter.md: the fingerprint that is printed is that of the certificate', async () => {
  const [key, cert] = [join(copy.root, 'key.pem'), join(copy.root, 'cert.pem')];
  const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=vcenter.example.test'];
  execFileSync('openssl', [...made, '-keyout', key, '-out', cert], { stdio: 'pipe' });
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (socket) => socket.end());
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  try {
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const script = one('docs/how-to/connect-a-vcenter.md', 'openssl');
    const { code, said } = await shell.run(script.replace('vcenter.example.test:443', address));
    const { raw } = new X509Certificate(readFileSync(cert));
    const sum = createHash('sha256').update(raw).digest('hex');
    expect([code, said.trim().replaceAll(':', '').toLowerCase()]).toEqual([0, sum]);
  } finally {
    server.close();
  }
});
