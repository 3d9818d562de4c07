// What an operator sees: the log as JSON lines, metrics, and one request followed by its id. Nothing that somebody sends may
// forge a line or hold a secret.
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { until } from './api.js';
import { openHouse, startedHouse, within, type House } from './house.js';
import { openStream } from './live.js';

/** A line of the log. */
type Line = Readonly<Record<string, unknown>> & { readonly level: string; readonly msg: string };

/** The lines so far. Whatever of the standard error is no JSON object fails here. */
const linesOf = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
const logOf = (house: House) => linesOf(house.complaints().replace(/[^\n]*$/, ''));

const quick = { DROVER_SIMULATOR_VMS: '10', DROVER_SIMULATOR_LATENCY: '0' };
const trace = '0af7651916cd43dd8448eb211c80319c';

/** The samples of a text of metrics: name, labels and value. */
const samplesIn = (text: string) =>
  text.split('\n').flatMap((line) => {
    const [, name = '', labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    return value === undefined ? [] : [{ name, labels, value: Number(value) }];
  });

it(
  'a request is followed by its id: from its answer and the access log to the end of its operation, each once',
  async () => {
    await using house = await startedHouse(quick);
    const api = house.api();
    const { items } = (await api.vms('?power=poweredOn&limit=1')).body;
    const vm = items[0]?.id ?? '';
    const headers = { 'x-request-id': 'follow-me', traceparent: `00-${trace}-b7ad6b7169203331-01` };
    const { headers: answered, body } = await api.post(
      `/api/v1/vms/${vm}/actions/power-off`,
      { mode: 'hard' },
      headers,
    );
    expect(answered.get('x-request-id')).toBe('follow-me');
    const lines = await until(
      async () => logOf(house).filter(({ requestId }) => requestId === 'follow-me'),
      (found) => found.length >= 2,
    );
    const operationId = body.id;
    const both = { requestId: 'follow-me', operationId, traceId: trace, actor: 'admin' };
    expect(lines.toSorted((a, b) => b.msg.localeCompare(a.msg))).toEqual([
      {
        ...{ ...both, level: 'info', time: expect.any(String), msg: 'request', method: 'POST', status: 202 },
        ...{ route: '/api/v1/vms/{id}/actions/power-off', via: 'bearer' },
        ...{ ms: expect.any(Number), bytes: expect.any(Number) },
      },
      {
        ...{ ...both, level: 'info', time: expect.any(String), msg: 'operation ended', kind: 'vm.power-off' },
        ...{ target: `vm/${vm}`, state: 'succeeded', seconds: expect.any(Number) },
      },
    ]);
    const id = { 'x-request-id': 'follow-many' };
    const { body: many } = await api.post('/api/v1/vms/actions/power-on', { targets: [vm] }, id);
    const ends = await until(
      async () => logOf(house).filter(({ requestId, msg }) => requestId === 'follow-many' && msg !== 'request'),
      (found) => found.length >= 2,
    );
    expect(ends.map(({ kind, parent }) => [kind, parent])).toEqual([
      ['vm.power-on', many.id],
      ['bulk.start', undefined],
    ]);
    await house.stop();
    await house.start();
    await until(
      async () => logOf(house),
      (found) => found.some(({ msg }) => msg === 'ready'),
    );
    expect(logOf(house).filter(({ msg }) => msg === 'operation ended')).toEqual([]); // nothing is told twice
  },
  within,
);

it(
  'a connection that comes up is a line, and so is one that does not: which, from what, and why',
  async () => {
    await using house = await openHouse(quick);
    const path = join(house.dataDir, 'connections.json');
    const nobody = { kind: 'vsphere', url: 'https://127.0.0.1:9/sdk', allow: ['127.0.0.1'], credential: 'env:LAB' };
    writeFileSync(path, JSON.stringify([{ ...nobody, id: 'lab', name: 'Lab' }]));
    await house.start({ DROVER_CONNECTIONS: path, LAB: JSON.stringify({ username: 'drover', password: 'x' }) });
    const lines = await until(
      async () => logOf(house).filter(({ connectionId }) => connectionId !== undefined),
      (found) => ['site-a', 'lab'].every((id) => found.some(({ connectionId }) => connectionId === id)),
    );
    const of = (id: string) => lines.find(({ connectionId }) => connectionId === id);
    const same = { connectionId: 'site-a', from: 'unknown', code: null };
    expect(of('site-a')).toMatchObject({ level: 'info', msg: 'connection up', state: 'up', ...same });
    expect(of('lab')).toMatchObject({
      ...{ level: 'warn', msg: 'connection degraded', state: 'degraded', from: 'unknown' },
      code: 'provider_unreachable',
    });
  },
  within,
);

it(
  'canary secrets are in no line of the log and no metric, at the most talkative level; every line is a JSON object',
  async () => {
    const canary = (where: string) => `canary-${where}-7f3a9c`;
    await using house = await openHouse({ ...quick, DROVER_LOG: 'debug' });
    const path = join(house.dataDir, 'connections.json');
    const vcenter = { kind: 'vsphere', url: 'https://127.0.0.1:9/sdk', allow: ['127.0.0.1'] };
    writeFileSync(path, JSON.stringify([{ ...vcenter, id: 'lab', name: 'Lab', credential: 'env:LAB_CREDENTIAL' }]));
    const LAB_CREDENTIAL = JSON.stringify({ username: 'drover', password: canary('password') });
    await house.start({ DROVER_CONNECTIONS: path, LAB_CREDENTIAL });
    const api = house.api();
    const [, link = ''] = /link\/(\S+)/.exec(await house.task(['login-link']).then(({ said }) => said)) ?? [];
    const { headers } = await api.get(`/api/auth/link/${link}`);
    const [cookie = ''] = (headers.get('set-cookie') ?? '').split(';');
    await api.get('/api/auth/user', { cookie, authorization: '' });
    await api.get(`/api/auth/link/${canary('code')}`);
    await api.get(`/api/v1/vms?name=${canary('query')}&token=${canary('token')}`);
    await api.get('/api/v1/fleet', { authorization: `Bearer ${canary('bearer')}`, traceparent: canary('trace') });
    await api.get('/api/v1/fleet', { cookie: `drover_sid=${canary('cookie')}` });
    await api.post(`/api/v1/vm/${canary('path')}/power-off`, { username: 'x', password: canary('body') });
    await api.post('/api/v1/vms', { name: canary('name'), [canary('member')]: 1 });
    await api.post('/api/v1/connections/lab/test');
    await api.send('POST', '/api/v1/vms', `{"password": "${canary('broken')}`);
    const metrics = (await api.get<string>('/metrics')).body;
    const { said, complained } = await house.stop();
    const lines = linesOf(complained);
    expect(lines.length).toBeGreaterThan(15);
    expect(lines.map(({ route }) => route)).toContain('/api/auth/link/{code}');
    const token = api.authorization.replace('Bearer ', '');
    for (const text of [complained, metrics])
      for (const secret of [/canary-\w+-7f3a9c/, token, link, cookie.split('=')[1] ?? cookie])
        expect(text.match(secret)).toBeNull();
    expect(said).toContain('Sign in, once within ten minutes:'); // what people copy is no log
    expect(said).not.toContain('"level"');
  },
  within,
);

it(
  'what somebody names, and what is no HTTP, is one line that steers no terminal; a thousand addresses are one series',
  async () => {
    await using house = await startedHouse(quick);
    const api = house.api();
    const name = 'web\n{"level":"error","msg":"forged"}\u001b[2J"';
    await api.post('/api/v1/vms', { name, aliases: [] });
    await api.get(`/api/v1/vms?name=${encodeURIComponent(name)}`);
    for (let i = 0; i < 1_000; i++) await api.get(`/api/v1/${i}/nowhere`);
    const socket = connect(Number(new URL(house.url).port), '127.0.0.1');
    socket.write(`GET /\u001b[2J{"msg":"forged"} HTTP/9.9\r\n\r\n`);
    await new Promise((done) => socket.on('close', done).resume());
    const { body } = await api.get<string>('/metrics');
    const requests = samplesIn(body).filter((sample) => sample.name === 'drover_http_requests_total');
    expect(requests.find(({ labels }) => /route="\(none\)".*404/.test(labels))?.value).toBe(1_000);
    expect(requests.length).toBeLessThan(15);
    const { complained } = await house.stop();
    expect(linesOf(complained).filter(({ msg }) => msg.includes('forged'))).toEqual([]);
    expect(complained).not.toMatch(/[^\n\P{Cc}]/u);
  },
  within,
);

it(
  'DROVER_LOG=error is silent while all goes well; an unknown level stops the start',
  async () => {
    await using house = await startedHouse({ ...quick, DROVER_LOG: 'error' });
    const api = house.api();
    const vm = (await api.vms('?power=poweredOn&limit=1')).body.items[0]?.id ?? '';
    expect(await api.done(`/api/v1/vms/${vm}/actions/power-off`, { mode: 'hard' })).toMatchObject({
      state: 'succeeded',
    });
    expect((await api.get('/api/v1/nothing')).status).toBe(404);
    expect(await house.stop()).toMatchObject({ code: 0, complained: '' });
    const wrong = await house.task([], { DROVER_LOG: 'loud' });
    expect([wrong.code, wrong.complained]).toEqual([
      1,
      expect.stringMatching(/^DROVER_LOG="loud" is invalid: .+\.\n$/),
    ]);
  },
  within,
);

it(
  'the metrics are for those who may read health: requests, readers, stores, breakers, streams, operations, the process',
  async () => {
    await using house = await startedHouse(quick);
    const api = house.api();
    expect(await api.get('/metrics', { authorization: '' })).toMatchObject({ status: 401 });
    const stream = await openStream(house.url, api.authorization);
    const vm = (await api.vms('?power=poweredOn&limit=1')).body.items[0]?.id ?? '';
    await api.done(`/api/v1/vms/${vm}/actions/power-off`, { mode: 'hard' });
    const read = async () => samplesIn((await api.get<string>('/metrics')).body);
    const samples = await until(read, (all) => all.some(({ name }) => name === 'drover_operations_ended_total'));
    const valueOf = (name: string, label = '') =>
      samples.find((sample) => sample.name === name && sample.labels.includes(label))?.value;
    expect(valueOf('drover_http_requests_total', 'route="/api/v1/vms/{id}/actions/power-off"')).toBe(1);
    expect(valueOf('drover_http_request_seconds_count', 'route="/api/v1/vms"')).toBeGreaterThan(0);
    expect(valueOf('drover_consumer_lag_events', 'consumer="views of power"')).toBe(0);
    expect(valueOf('drover_consumer_lag_seconds', 'consumer="views of power"')).toBe(0);
    expect(valueOf('drover_provider_breaker', 'connection="site-a"')).toBe(0);
    expect(valueOf('drover_store_refusing', 'store="power store"')).toBe(0);
    expect(valueOf('drover_streams')).toBe(1);
    expect(valueOf('drover_stream_frames_total')).toBeGreaterThan(1);
    expect(valueOf('drover_operations_open', 'kind="vm.power-off"')).toBe(0);
    expect(valueOf('drover_operations_ended_total', 'kind="vm.power-off",state="succeeded"')).toBe(1);
    expect(valueOf('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0);
    for (const { name, labels } of samples) {
      expect(name).toMatch(/^(drover|nodejs|process)_[a-z0-9_]+$/);
      expect(labels).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-/); // no machine, no operation, no request
    }
    const { headers } = await api.get('/metrics');
    expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    await house.stop();
    await stream.closed;
    const streams = logOf(house).filter(({ msg }) => msg.startsWith('stream'));
    expect(streams).toMatchObject([
      { msg: 'stream opened', actor: 'admin' },
      { msg: 'stream ended', actor: 'admin', reason: 'shutdown', frames: expect.any(Number) },
    ]);
  },
  within,
);
