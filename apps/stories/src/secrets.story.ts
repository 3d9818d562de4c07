// Canary secrets sent in every place a client or a file can put one: afterwards they are in no file, answer, event or log
// but their own. The whole data directory is searched, byte by byte.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { openHouse, within } from './house.js';
import { openStream } from './live.js';

/** Everything that was written below a directory, but the files that are meant to hold a secret. */
const texts = (dir: string, but: readonly string[]): string[] =>
  readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .map((name) => join(dir, name))
    .filter((path) => statSync(path).isFile() && !but.includes(path))
    .map((path) => readFileSync(path, 'latin1'));

it(
  'T18: canary secrets in body, query, headers and connections are in no store, log, event, answer or error',
  async () => {
    const canary = (where: string) => `canary-${where}-7f3a9c`;
    await using house = await openHouse({ DROVER_SIMULATOR_VMS: '20', DROVER_SIMULATOR_LATENCY: '0' });
    const secret = join(house.dataDir, 'secret.json');
    writeFileSync(secret, JSON.stringify({ username: 'drover', password: canary('file') }), { mode: 0o600 });
    const path = join(house.dataDir, 'connections.json');
    const vcenter = { kind: 'vsphere', url: 'https://127.0.0.1:9/sdk', allow: ['127.0.0.1'] };
    writeFileSync(
      path,
      JSON.stringify([
        { ...vcenter, id: 'by-file', name: 'By file', credential: `file:${secret}` },
        { ...vcenter, id: 'by-env', name: 'By variable', credential: 'env:LAB_CREDENTIAL' },
      ]),
    );
    const LAB_CREDENTIAL = JSON.stringify({ username: 'drover', password: canary('env') });
    await house.start({ DROVER_CONNECTIONS: path, LAB_CREDENTIAL });
    const api = house.api();
    const stream = await openStream(house.url, api.authorization, '?snapshot=1');
    const answers: string[] = [];
    const ask = async (method: string, address: string, body?: unknown, headers = {}) => {
      const { body: said } = await api.send(method, address, body, { 'idempotency-key': 'k', ...headers });
      answers.push(JSON.stringify(said));
    };
    const vm = (await api.vms('?power=poweredOn&limit=1')).body.items[0];
    const id = vm?.id ?? '';
    const bios = vm?.aliases.find(({ kind }) => kind === 'bios-uuid')?.value ?? id;
    const body = { username: canary('user'), password: canary('body'), force: true };
    await ask('POST', `/api/v1/vm/${bios}/power-off`, body);
    await ask('POST', `/api/v1/vm/${bios}/power-on`, { ...body, force: undefined, timeout: 'soon' });
    await ask('GET', `/api/v1/vm/${bios}/power-state?password=${canary('query')}`);
    await ask('GET', `/api/v1/vms?token=${canary('token')}`);
    await ask('GET', '/api/v1/fleet', undefined, { authorization: `Bearer ${canary('bearer')}` });
    await ask('GET', '/api/v1/fleet', undefined, { cookie: `drover_sid=${canary('cookie')}`, authorization: '' });
    await ask('POST', `/api/v1/vms/${id}/actions/power-off`, { mode: canary('enum'), password: canary('member') });
    for (const connection of ['by-file', 'by-env']) await ask('POST', `/api/v1/connections/${connection}/test`, {});
    for (const address of [
      '/api/v1/connections',
      '/health/detail',
      '/api/v1/events?limit=200',
      `/api/v1/vms/${id}/history`,
    ])
      await ask('GET', address);
    const { said, complained } = await house.stop();
    await stream.closed;

    const sinks = [said, complained, ...answers, JSON.stringify(stream.frames), ...texts(house.dataDir, [secret])];
    expect(sinks.length).toBeGreaterThan(15);
    for (const sink of sinks) expect(sink.match(/canary-\w+-7f3a9c/g)).toBeNull();
  },
  within,
);
