// What the specs of this folder stand on: the module, mounted on memory. Nothing here is for production.
import { readFileSync } from 'node:fs';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { httpAdapter, RouteTable, type Requester } from '@drover/api';
import { flowsOf, memoryEventBus, memoryJobQueue, processLease, soleLeases } from '@drover/ports';
import { machineRoom } from '../testing.js';
import { PowerModule } from './power.module.js';

const people: Readonly<Record<string, Requester>> = {
  ana: { sub: 'ana', rights: ['vm:read', 'vm:operate', 'vm:force'], via: 'bearer' },
  ben: { sub: 'ben', rights: ['vm:read', 'vm:operate', 'vm:force'], via: 'bearer' },
  eve: { sub: 'eve', rights: ['vm:read', 'vm:operate'], via: 'bearer' },
};

/** The module on memory, with its flows running and a client that lets the time pass while it waits. */
export const openHouse = async () => {
  const room = machineRoom();
  const { clock } = room;
  const bus = memoryEventBus(clock);
  const jobs = memoryJobQueue(
    clock,
    () => {},
    () => 0.5,
  );
  const flows = flowsOf({ bus, jobs, clock, report: () => {} });
  const stopping = new AbortController();
  const { eventStore, views, work, powerControl } = room;
  const identify = async ({ authorization }: Readonly<Record<string, string | undefined>>) =>
    people[authorization ?? ''] ?? null;
  const door = { identify, origin: 'http://localhost:80' };
  const report = () => {};
  const run = 'spec';
  const held = processLease(run, { leases: soleLeases(run), clock, report });
  await held.start();
  const ports = {
    ...{ eventStore, views, work, jobs, clock, report, powerControl, process: held },
    stopping: stopping.signal,
  };
  bus.offer(room.log);
  const { module } = await PowerModule.with(ports, { door, flows });
  const app = await NestFactory.create<NestFastifyApplication>(
    module,
    await httpAdapter({ allowedHosts: ['localhost:80'], trustedProxies: [] }),
    { logger: false },
  );
  await app.init();
  await flows.start();
  const close = async () => {
    const stopped = flows.stop();
    await clock.advance(20_000); // what hangs at the provider is waited for, and not for ever
    await stopped;
    await app.close();
  };

  const call = async (method: 'GET' | 'POST', url: string, body?: object, headers: Record<string, string> = {}) => {
    const injected = app.inject({
      method,
      url,
      headers: { authorization: 'ana', ...headers },
      ...(body && { payload: body }),
    });
    let answered = false;
    void injected.then(() => (answered = true));
    for (let i = 0; i < 20; i++) await clock.advance(0); // a request needs some turns of the loop to get in
    for (let waited = 0; !answered && waited < 4_000; waited++) await clock.advance(250);
    const answer = await injected;
    return { status: answer.statusCode, headers: answer.headers, body: answer.json<Record<string, unknown>>() };
  };
  const post = (url: string, body?: object, headers?: Record<string, string>) => call('POST', url, body, headers);
  const get = (url: string, headers?: Record<string, string>) => call('GET', url, undefined, headers);
  const table = () => app.get(RouteTable, { strict: false }).rows;
  return { room, flows, post, get, close, table, stop: () => stopping.abort() };
};

/** The mounted module, for signatures. */
export type PowerHouse = Awaited<ReturnType<typeof openHouse>>;

/** What an older client calls the machine of these specs. */
export const BIOS = '4205784a-098a-40f1-1f1e-a5cd2597fd59';

/** A verb of the source, of one machine. */
export const sourcePath = (verb: string, called = BIOS) => `/api/v1/vm/${called}/${verb}`;

/** The mounted module with one machine, which its clients call so. */
export const openWithMachine = async (called = BIOS) => {
  const house = await openHouse();
  const vmId = house.room.machine('web-01', called);
  await house.flows.caughtUp();
  return { ...house, vmId, machine: house.room.memory.machine(vmId) };
};

/** An answer, or a sample of one. */
export type Body = Readonly<Record<string, unknown>>;

/** A sample of the source's documents. */
export const golden = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../contracts/golden/${name}.json`, import.meta.url), 'utf8')) as Body;

/** Which kind of value each member of a sample has in an answer. */
export const kindsOf = (answer: Body, sample: Body) =>
  Object.fromEntries(Object.keys(sample).map((name) => [name, typeof answer[name]]));
