import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OperationId, StreamId } from '@drover/kernel';
import {
  memoryOutboundHttp,
  OutboundFault,
  readCounter,
  virtualClock,
  type OutboundAnswer,
  type OutboundHttp,
  type OutboundRequest,
} from '@drover/ports';
import { answerTo } from './dispatch.simulator.js';
import { RemoteCall } from './protocol.simulator.js';
import { simulator, type Simulator } from '../provider.simulator.js';
import { remoteSimulator } from './remote.simulator.js';

let dir: string;
let sites: Simulator;
const clock = virtualClock();
const { signal } = new AbortController();
const token = { operationId: OperationId.of('power', StreamId.of('power', 'web'), 1), attempt: 1, epoch: 1 };
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'drover-simulator-'));
  sites = simulator({ clock, dir, size: 4, latency: 0, seed: 'drover' });
});
afterEach(() => {
  sites.close();
  rmSync(dir, { recursive: true });
});

const ok = (body: string, status = 200): OutboundAnswer => ({ status, headers: {}, body });
const lines = (...all: unknown[]) => ok(all.map((line) => `${JSON.stringify(line)}\n`).join(''));
const over = (http: OutboundHttp) =>
  remoteSimulator({ http, url: 'http://127.0.0.1:1', token: 'x'.repeat(32), clock, reads: readCounter('remote') });
const answering = (answer: (request: OutboundRequest) => OutboundAnswer | Promise<OutboundAnswer>) =>
  over(memoryOutboundHttp((request) => (request.url.endsWith('/health/ready') ? ok('{}') : answer(request))));
const failing = (code: OutboundFault['code'], sent: 'no' | 'maybe') =>
  answering(() => {
    throw new OutboundFault(code, 'the connection broke', sent);
  });
const target = () => sites.machine('pgtest1').ref.target;

describe('what a broken way means', () => {
  it.each([
    ['unreachable', 'maybe', { code: 'no_answer', sent: 'maybe' }, { code: 'provider_unreachable', sent: 'no' }],
    ['unreachable', 'no', { code: 'provider_unreachable', sent: 'no' }, { code: 'provider_unreachable', sent: 'no' }],
    ['timed_out', 'maybe', { code: 'no_answer', sent: 'maybe' }, { code: 'no_answer', sent: 'no' }],
    ['timed_out', 'no', { code: 'no_answer', sent: 'no' }, { code: 'no_answer', sent: 'no' }],
  ] as const)('%s, sent %s: a call %j, a reading %j', async (code, sent, call, reading) => {
    const { control, catalog } = failing(code, sent);
    const { ref } = sites.machine('pgtest1');
    await expect(control.send(ref, 'power-off', token, signal)).rejects.toMatchObject(call);
    await expect(control.read(ref, signal)).rejects.toMatchObject(reading);
    await expect(catalog.read(target(), [], signal)).rejects.toMatchObject(reading);
    await expect(catalog.list(target(), signal)[Symbol.asyncIterator]().next()).rejects.toMatchObject(reading);
    await expect(catalog.watch(target(), signal)[Symbol.asyncIterator]().next()).rejects.toMatchObject(reading);
    expect(await catalog.test(target(), signal)).toMatchObject([{ step: 'tcp', ok: false, code: reading.code }]);
  });

  it.each([
    ['a refusal', ok('{"error":"no"}', 413), { code: 'provider_error', sent: 'no' }],
    ['a failure of the process', ok('{"error":"no"}', 500), { code: 'provider_error', sent: 'maybe' }],
    ['half an answer', ok('{"result"'), { code: 'no_answer', sent: 'maybe' }],
  ])('%s to a call', async (_what, answer, fault) => {
    const sent = answering(() => answer).control.send(sites.machine('pgtest1').ref, 'power-off', token, signal);
    await expect(sent).rejects.toMatchObject(fault);
  });

  it('a listing without its end is no listing: whoever is not in it may be there', async () => {
    const batch = { item: { machines: [], skipped: [] } };
    const listing = answering(() => lines(batch))
      .catalog.list(target(), signal)
      [Symbol.asyncIterator]();
    await listing.next();
    await expect(listing.next()).rejects.toMatchObject({ code: 'provider_unreachable' });
  });
});

it('asks whether the sender may still act in the last line before the call is written', async () => {
  const { ref } = sites.machine('pgtest1');
  const steps: string[] = [];
  const remote = answering(async ({ body = '' }) => {
    steps.push('written');
    return ok(JSON.stringify(await answerTo(sites, RemoteCall.parse(JSON.parse(body)), signal)));
  });
  const isHeld = () => steps.push('asked') > 0;
  await remote.control.send(ref, 'power-off', { ...token, isHeld }, signal);
  expect(steps).toEqual(['asked', 'written']);
  const late = remote.control.send(ref, 'power-on', { ...token, isHeld: () => false }, signal);
  await expect(late).rejects.toMatchObject({ code: 'no_answer', sent: 'no', detail: expect.stringContaining('lease') });
  expect(sites.ledger()).toHaveLength(1);
});

it('reads anew what a watch has named: a change that was made meanwhile is never told as older than it is', async () => {
  const { ref } = sites.machine('pgtest1');
  const watch = '6f1c2a52-6d1f-4c53-9f59-1b8f0c9f7a11';
  const answers = [
    lines({ watch }, { n: 1, news: { is: 'complete', at: clock.now() } }, { end: true }),
    lines({ watch }, { n: 2, news: { is: 'changed', keys: [ref.key] } }, { end: true }),
  ];
  const remote = answering(async ({ url, body }) => {
    if (body === undefined) return (url.includes('after=') ? answers[1] : answers[0]) ?? ok('', 404);
    return ok(JSON.stringify(await answerTo(sites, RemoteCall.parse(JSON.parse(body)), signal)));
  });
  const news = remote.catalog.watch(target(), signal)[Symbol.asyncIterator]();
  expect((await news.next()).value).toMatchObject({ is: 'complete' });
  sites.do('pgtest1', 'power-off');
  const { n } = await remote.control.read(ref, signal);
  const told: unknown = (await news.next()).value;
  expect(told).toMatchObject({ is: 'machines', machines: [{ power: 'poweredOff', run: 'remote', n: n + 1 }] });
});
