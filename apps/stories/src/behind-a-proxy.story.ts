// The page *Run behind a proxy*, with the nginx that it configures: as it is printed, but for ports, files and addresses.
// Without nginx the stories are skipped by name.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Operation, Page, Vm } from '@drover/contracts';
import { commandsFor } from '../../../tools/docs/page-commands.js';
import { ownPort } from '../../../tools/faultbench/port.js';
import { nginxProgram, startNginx } from '../../../tools/infra/nginx.js';
import { until } from './api.js';
import { within } from './house.js';
import { terminal } from './terminal.js';

const nginx = await nginxProgram();
const root = fileURLToPath(new URL('../../../', import.meta.url));
const name = 'docs/how-to/run-behind-a-proxy.md';
const page = readFileSync(join(root, name), 'utf8');
const [start = '', link = '', elsewhere = '', checked = ''] = commandsFor(
  'apps/stories/src/behind-a-proxy.story.ts',
  name,
  page,
);
const [, server = ''] = /```nginx\n([\s\S]*?)```/.exec(page) ?? [];

const HOST = 'drover.example.test';
const folder = mkdtempSync(join(tmpdir(), 'drover-proxy-'));
const [port, front] = [await ownPort(), await ownPort()];
const origin = `https://${HOST}:${front}`;
const [pem, key] = [join(folder, 'drover.pem'), join(folder, 'drover.key')];
const shell = terminal(root, {
  ...{ APP_PORT: String(port), DROVER_DATA_DIR: join(folder, 'data'), DROVER_SIMULATOR_VMS: '12' },
});
/** Commands of the page, where the proxy does not listen on 443. */
const here = (script: string) => script.replaceAll(`https://${HOST}`, origin);
const READY = /ready at (http\S+)/;

/** Asks by the proxy, from an address of this machine, and answers what curl prints. */
const curl = async (path: string, ...more: readonly string[]) => {
  const common = ['-sS', '--cacert', pem, '--resolve', `${HOST}:${front}:127.0.0.1`, ...more];
  const words = [...common, `${origin}${path}`].map((word) => `'${word}'`);
  const { code, said, complained } = await shell.run(`curl ${words.join(' ')}`);
  if (code !== 0) throw new Error(`curl ended with ${code}: ${complained}`);
  return said;
};
const statusOf = async (path: string, ...more: readonly string[]) =>
  curl(path, '-o', '/dev/null', '-w', '%{http_version} %{http_code}', ...more);
const token = () => `Authorization: Bearer ${readFileSync(join(folder, 'data', 'admin.token'), 'utf8').trim()}`;

(nginx === null ? describe.skip : describe)('behind nginx', () => {
  const stack = new AsyncDisposableStack();
  beforeAll(async () => {
    const names = ['-subj', `/CN=${HOST}`, '-addext', `subjectAltName=DNS:${HOST}`, '-keyout', key, '-out', pem];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...names], {
      stdio: 'pipe',
    });
    const block = server
      .replace('listen 443 ', `listen 127.0.0.1:${front} `)
      .replace('/etc/ssl/drover.pem', pem)
      .replace('/etc/ssl/drover.key', key)
      .replace('http://127.0.0.1:8000', `http://127.0.0.1:${port}`);
    stack.use(await startNginx(nginx ?? '', folder, block, front));
  }, within);
  afterAll(async () => {
    await stack.disposeAsync();
    rmSync(folder, { recursive: true, force: true });
  });

  it(
    'without DROVER_PUBLIC_URL it answers 403 origin_refused, as the table says',
    async () => {
      await using drover = await shell.begin('npm start', READY);
      expect(JSON.parse(await curl('/health/ready'))).toMatchObject({ status: 403, code: 'origin_refused' });
      await drover.stop();
    },
    within,
  );

  it(
    'serves one name by TLS and HTTP/2, signs a browser in, notices a foreign host, and records who asked',
    async () => {
      await using drover = await shell.begin(here(start), READY);
      await until(
        () => statusOf('/health/ready'),
        (said) => said === '2 200',
      );
      expect(await statusOf('/health/ready')).toBe('2 200');
      expect(await statusOf('/health/ready', '-H', 'Host: other.example.test')).toBe('2 403');

      const { said } = await shell.run(here(link));
      const [url = ''] = /https:\S+\/api\/auth\/link\/\S+/.exec(said) ?? [];
      expect(url.startsWith(`${origin}/api/auth/link/`)).toBe(true);
      const answer = await curl(url.slice(origin.length), '-D', '-', '-o', '/dev/null');
      const [, cookie = ''] = /^set-cookie: (\S+=[^;]+);.*\bSecure\b/im.exec(answer) ?? [];
      expect(await statusOf('/api/v1/fleet', '-H', `Cookie: ${cookie}`)).toBe('2 200');

      const vms = JSON.parse(await curl('/api/v1/vms?power=poweredOn&limit=1', '-H', token())) as Page<Vm>;
      const asked = ['-H', token(), '-H', 'Content-Type: application/json', '-H', 'Prefer: wait=30'];
      const operation = JSON.parse(
        await curl(
          `/api/v1/vms/${vms.items[0]?.id}/actions/power-off`,
          ...['--interface', '127.0.0.7', '-X', 'POST', '-d', '{"mode":"hard"}', '-H', 'Idempotency-Key: proxied'],
          ...asked,
        ),
      ) as Operation;
      expect(operation.state).toBe('succeeded');
      await drover.stop();
      using store = new DatabaseSync(join(folder, 'data/power/facts.db'), { readOnly: true });
      const rows = store.prepare('SELECT metadata FROM commits').all() as { readonly metadata: string }[];
      expect(rows.map(({ metadata }) => (JSON.parse(metadata) as { ip?: string }).ip)).toContain('127.0.0.7');
    },
    within,
  );

  it(
    'passes each frame of the stream on at once, and a stop ends it with bye; then the proxy says 502',
    async () => {
      await using drover = await shell.begin(here(start), READY);
      const common = `curl -sS -N --compressed --cacert ${pem} --resolve ${HOST}:${front}:127.0.0.1`;
      const listen = `${common} -H '${token()}' '${origin}/api/events/stream'`;
      await using stream = await shell.begin(listen, /event: hello/);
      const vms = JSON.parse(await curl('/api/v1/vms?power=poweredOn&limit=1', '-H', token())) as Page<Vm>;
      const told = performance.now();
      await curl(
        `/api/v1/vms/${vms.items[0]?.id}/actions/power-off`,
        ...['-X', 'POST', '-d', '{"mode":"hard"}', '-H', 'Idempotency-Key: streamed'],
        ...['-H', token(), '-H', 'Content-Type: application/json', '-H', 'Prefer: wait=30'],
      );
      await until(
        async () => stream.said(),
        (said) => said.includes('io.drover.power.vm-powered-off.v1'),
      );
      expect(performance.now() - told).toBeLessThan(10_000);
      await drover.stop();
      await until(
        async () => stream.said(),
        (said) => said.includes('event: bye'),
      );
      expect(stream.said()).toContain('"reason":"shutdown"');
      expect(await statusOf('/health/ready')).toBe('2 502');
    },
    within,
  );

  it(
    'listens elsewhere than on 127.0.0.1 only where the TLS is said to be there, and names an address for checks',
    async () => {
      const apart = (script: string) => here(script).replace('DROVER_HOST=10.1.0.5', 'DROVER_HOST=127.0.0.2');
      const byAddress = async () =>
        (await shell.run(`curl -sS -H 'Host: 10.1.0.5:8000' http://127.0.0.2:${port}/health/live`)).said;
      await using drover = await shell.begin(apart(elsewhere), READY);
      expect(drover.said()).toContain(`ready at ${origin}`);
      expect(JSON.parse(await byAddress())).toMatchObject({ code: 'origin_refused' });
      await drover.stop();
      await using named = await shell.begin(apart(checked), READY);
      expect(JSON.parse(await byAddress())).toEqual({ status: 'ok' });
      await named.stop();
    },
    within,
  );
});
