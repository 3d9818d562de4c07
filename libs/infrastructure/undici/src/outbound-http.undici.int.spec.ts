import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { getEventListeners } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConnectionId, ConnectionKind, type ConnectionTarget } from '@drover/kernel';
import { virtualClock, type Clock, type OutboundRequest } from '@drover/ports';
import { outboundHttpContract } from '@drover/ports/testing';
import { undiciOutboundHttp } from './outbound-http.undici.js';

const { signal } = new AbortController();
const targetOf = (url: string, more: Partial<ConnectionTarget> = {}): ConnectionTarget => ({
  id: ConnectionId.parse('lab'),
  kind: ConnectionKind.parse('vsphere'),
  url,
  credentialRef: null,
  tls: { mode: 'system', value: null },
  allow: ['127.0.0.1'],
  revision: 1,
  ...more,
});
const get = (url: string, more: Partial<OutboundRequest> = {}): OutboundRequest => ({
  method: 'GET',
  url,
  timeoutMs: 5_000,
  ...more,
});
const portOf = (server: Pick<Server, 'address'>) => (server.address() as AddressInfo).port;
const listening = <S extends Pick<Server, 'listen'>>(server: S) =>
  new Promise<S>((done) => void server.listen(0, '127.0.0.1', () => done(server)));

const answer = (request: IncomingMessage, response: ServerResponse) => {
  if (request.url === '/moved') return response.writeHead(302, { location: 'http://169.254.169.254/latest' }).end();
  if (request.url === '/silent') return;
  if (request.url === '/cut') return request.socket.destroy();
  if (request.url === '/many') return response.writeHead(200, { 'set-cookie': ['a=1', 'b=2'] }).end('ok');
  return request.pipe(response.writeHead(200, { 'content-type': 'text/plain' }));
};
const http = undiciOutboundHttp();
let server: Server;
let [opened, served] = [0, 0];
beforeAll(async () => {
  server = await listening(createServer((request, response) => (served++, answer(request, response))));
  server.on('connection', () => opened++);
});
afterEach(() => http.release(targetOf('', { revision: 9 })));
afterAll(() => void (server.closeAllConnections(), server.close()));
const here = (path = '/') => `http://127.0.0.1:${portOf(server)}${path}`;

outboundHttpContract('undici', async () => {
  const own = await listening(createServer((request, response) => void answer(request, response)));
  const target = targetOf(`http://127.0.0.1:${portOf(own)}/sdk`);
  const contracted = undiciOutboundHttp();
  const close = async () => {
    await contracted.release(target);
    own.close();
  };
  return { http: contracted, target, close };
});

describe('what never leaves the house', () => {
  const ports = () => `:${portOf(server)}/`;
  it.each([
    'http://[::ffff:169.254.169.254]',
    'http://[::ffff:127.0.0.1]',
    'https://[::1]',
    'http://0x7f.1',
    'http://2130706433',
    'http://017700000001',
    'http://127.1',
    'http://0',
    'https://localhost',
    'https://localhost.',
    'http://localhost',
    'https://169.254.169.254',
    'https://0xa9.0xfe.0xa9.0xfe',
    'https://[fe80::1]',
    'https://[64:ff9b::7f00:1]',
    'https://[::127.0.0.1]',
    'https://224.0.0.1',
    'http://10.255.255.1',
    'http://192.0.2.1',
    'ftp://127.0.0.1',
  ])('%s: refused, and no connection was opened', async (origin) => {
    const before = opened;
    const url = `${origin}${ports()}`;
    const refusal = http.request(targetOf(url, { allow: [] }), get(url), signal);
    await expect(refusal).rejects.toMatchObject({ name: 'OutboundFault', code: 'address_refused', sent: 'no' });
    expect(opened).toBe(before);
  });

  it.each([
    ['with credentials in it', (url: string) => url.replace('://', '://ana:geheim@')],
    ['of another port', (url: string) => url.replace(/:\d+/, ':1')],
    ['of another scheme', (url: string) => url.replace('http:', 'https:')],
    ['whose user is the connection', (url: string) => url.replace('://', '://127.0.0.1@other.example.test')],
    ['that is none', () => '::'],
  ])('an address %s', async (_what, change) => {
    const before = opened;
    const refusal = http.request(targetOf(here()), get(change(here())), signal);
    await expect(refusal).rejects.toMatchObject({ code: 'address_refused', sent: 'no' });
    expect(opened).toBe(before);
  });

  it('a redirect: it is handed back, and its place is not visited', async () =>
    expect(await http.request(targetOf(here()), get(here('/moved')), signal)).toMatchObject({
      status: 302,
      headers: { location: 'http://169.254.169.254/latest' },
    }));

  it('a name that resolves to a good address and a bad one', async () => {
    const mixed = undiciOutboundHttp({ resolve: async () => ['203.0.113.9', '127.0.0.1'] });
    const url = `https://vcenter.example.test:${portOf(server)}/`;
    const before = opened;
    await expect(mixed.request(targetOf(url, { allow: [] }), get(url), signal)).rejects.toMatchObject({
      code: 'address_refused',
    });
    expect(opened).toBe(before);
  });

  it('a second opinion: the checked address is dialled, whatever the name means a moment later', async () => {
    const asked: string[] = [];
    const once = undiciOutboundHttp({
      resolve: async (name) => [asked.push(name) === 1 ? '127.0.0.1' : '127.0.0.2'],
    });
    const url = `http://rebound.example.test:${portOf(server)}/many`;
    const target = targetOf(url);
    expect(await once.request(target, get(url), signal)).toMatchObject({ status: 200 });
    expect(asked).toEqual(['rebound.example.test']);
    await once.release(target);
    await expect(once.request(target, get(url), signal)).rejects.toMatchObject({ code: 'address_refused' });
  });
});

describe('an answer that does not come', () => {
  it('keeps several headers of one name apart', async () =>
    expect((await http.request(targetOf(here()), get(here('/many')), signal)).headers['set-cookie']).toEqual([
      'a=1',
      'b=2',
    ]));

  it('in time: the request may have been taken', async () => {
    const late = http.request(targetOf(here()), get(here('/silent'), { timeoutMs: 100 }), signal);
    await expect(late).rejects.toMatchObject({ code: 'timed_out', sent: 'maybe' });
  });

  it('in the time of the clock that it was given', async () => {
    const clock = virtualClock();
    const timed = undiciOutboundHttp({ clock });
    const before = served;
    const late = timed.request(targetOf(here()), get(here('/silent'), { timeoutMs: 3_600_000 }), signal);
    const ended = expect(late).rejects.toMatchObject({ code: 'timed_out', sent: 'maybe' });
    while (served === before) await new Promise((done) => setImmediate(done));
    await clock.advance(3_600_000);
    await ended;
    await timed.release(targetOf(here()));
  });

  it.each(['/', '/silent', '/cut'])('or comes (%s): no timer and no listener is left behind', async (path) => {
    const waiting = new Set<() => void>();
    const clock: Pick<Clock, 'after'> = {
      after: (ms, call) => {
        waiting.add(call);
        const timer = setTimeout(call, Math.min(ms, 200));
        return () => {
          clearTimeout(timer);
          waiting.delete(call);
        };
      },
    };
    const tidy = undiciOutboundHttp({ clock });
    const { signal: own } = new AbortController();
    await tidy.request(targetOf(here()), get(here(path)), own).catch(() => 'no answer');
    expect([waiting.size, getEventListeners(own, 'abort').length]).toEqual([0, 0]);
    await tidy.release(targetOf(here()));
  });

  it('because the connection was cut: the request may have been taken', async () => {
    const cut = http.request(targetOf(here()), get(here('/cut'), { method: 'POST', body: 'x' }), signal);
    await expect(cut).rejects.toMatchObject({ code: 'unreachable', sent: 'maybe' });
  });

  it('because it was called off', async () => {
    const stop = new AbortController();
    const before = served;
    const off = http.request(targetOf(here()), get(here('/silent')), stop.signal);
    while (served === before) await new Promise((done) => setImmediate(done));
    stop.abort();
    await expect(off).rejects.toMatchObject({ code: 'aborted', sent: 'maybe' });
  });

  it('because nobody listens: nothing was sent', async () => {
    const gone = await listening(createServer());
    const url = `http://127.0.0.1:${portOf(gone)}/`;
    await new Promise((done) => gone.close(done));
    await expect(http.request(targetOf(url), get(url), signal)).rejects.toMatchObject({
      code: 'unreachable',
      sent: 'no',
    });
  });

  it('because the name means nothing: nothing was sent', async () => {
    const url = 'https://nobody.invalid/';
    const lost = http.request(targetOf(url, { allow: [] }), get(url), signal);
    await expect(lost).rejects.toMatchObject({ code: 'name_unresolved', sent: 'no' });
  });

  it('before the handshake ends: nothing was sent', async () => {
    const sockets: Socket[] = [];
    const mute = createTcpServer((socket) => void sockets.push(socket));
    await new Promise<void>((done) => void mute.listen(0, '127.0.0.1', done));
    const url = `https://127.0.0.1:${portOf(mute)}/`;
    const late = http.request(targetOf(url), get(url, { timeoutMs: 100 }), signal);
    await expect(late).rejects.toMatchObject({ code: 'timed_out', sent: 'no' });
    sockets.forEach((socket) => socket.destroy());
    mute.close();
  });

  it('because the connection was released, which ends its older revisions and leaves a newer one alone', async () => {
    const [old, now] = [targetOf(here()), targetOf(here(), { revision: 2 })];
    const [before, path] = [served, here('/silent')];
    const ends = [http.request(old, get(path), signal), http.request(now, get(path, { timeoutMs: 300 }), signal)];
    while (served < before + 2) await new Promise((done) => setImmediate(done));
    await http.release(targetOf(here(), { revision: 1 }));
    await expect(ends[0]).rejects.toMatchObject({ code: 'unreachable', sent: 'maybe' });
    await expect(ends[1]).rejects.toMatchObject({ code: 'timed_out', sent: 'maybe' });
  });

  it('opens eight connections at most, and the ninth request waits for its turn', async () => {
    const stop = new AbortController();
    const before = opened;
    const many = Array.from({ length: 12 }, () => http.request(targetOf(here()), get(here('/silent')), stop.signal));
    const late = http.request(targetOf(here()), get(here('/silent'), { timeoutMs: 200 }), signal);
    await expect(late).rejects.toMatchObject({ code: 'timed_out', sent: 'no' });
    expect(opened - before).toBe(8);
    stop.abort();
    await Promise.allSettled(many);
  });
});

describe('certificates', () => {
  const dir = mkdtempSync(join(tmpdir(), 'drover-tls-'));
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  let secure: TlsServer;
  let requests = 0;
  beforeAll(async () => {
    const named = ['-subj', '/CN=vcenter.example.test', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    execFileSync('openssl', ['req', ...kind, ...named, '-keyout', key, '-out', cert], { stdio: 'pipe' });
    const tls = { key: readFileSync(key), cert: readFileSync(cert) };
    secure = await listening(createTlsServer(tls, (_request, response) => (requests++, response.end('ok'))));
  });
  afterAll(() => {
    secure.closeAllConnections();
    secure.close();
    rmSync(dir, { recursive: true });
  });
  const ask = (tls: ConnectionTarget['tls'], host = '127.0.0.1', resolve = async () => ['127.0.0.1']) => {
    const url = `https://${host}:${portOf(secure)}/`;
    const own = undiciOutboundHttp({ resolve });
    const target = targetOf(url, { tls });
    return own.request(target, get(url), signal).finally(() => own.release(target));
  };
  const fingerprint = () => new X509Certificate(readFileSync(cert)).fingerprint256;

  it('are accepted by their fingerprint in both spellings, by their authority, and when not looked at', async () => {
    for (const tls of [
      { mode: 'fingerprint', value: fingerprint() },
      { mode: 'fingerprint', value: fingerprint().replaceAll(':', '').toLowerCase() },
      { mode: 'ca', value: cert },
      { mode: 'insecure', value: null },
    ] as const)
      expect(await ask(tls)).toMatchObject({ status: 200, body: 'ok' });
  });

  it.each<[string, () => ConnectionTarget['tls']]>([
    ['nobody vouches for', () => ({ mode: 'system', value: null })],
    ['another is pinned for', () => ({ mode: 'fingerprint', value: fingerprint().replace(/^../, 'zz') })],
    ['another is pinned for by one bit', () => ({ mode: 'fingerprint', value: flip(fingerprint()) })],
    ['what is pinned is no fingerprint for', () => ({ mode: 'fingerprint', value: '' })],
    ['no authority can be read for', () => ({ mode: 'ca', value: join(dir, 'none.pem') })],
  ])('that %s are refused, and nothing was sent', async (_what, tls) => {
    const before = requests;
    await expect(ask(tls())).rejects.toMatchObject({ code: 'certificate_refused', sent: 'no' });
    expect(requests).toBe(before);
  });

  it('of another name are refused, though the authority is known', async () =>
    expect(ask({ mode: 'ca', value: cert }, 'elsewhere.example.test')).rejects.toMatchObject({
      code: 'certificate_refused',
      sent: 'no',
    }));

  const flip = (print: string) => print.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
});
