// A stand-in for the HTTP API of Proxmox VE, as far as the adapter uses it: two nodes, machines, tasks, API tokens. What it
// answers, and when it refuses, follows the API viewer and the behaviour of qemu-server: `stop` of a machine that is off ends
// in success, a task goes on after the answer, a node that is away makes its machines `unknown` and its paths 595.
//   node tools/infra/pve.ts [how many machines]
import { randomUUID } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const TASK_MS = 40;
const GUEST_MS = 80;

/** A machine of the stand-in. A test changes it at will. */
export interface PveMachine {
  readonly vmid: number;
  name: string;
  uuid: string;
  node: string;
  status: 'running' | 'stopped';
  paused: boolean;
  agent: boolean;
  template: boolean;
  /** Its node answers nonsense when it is asked how the machine is. */
  spoiled: boolean;
  startedAt: number;
}

interface Task {
  readonly node: string;
  exitstatus: string | null;
}

class Refused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const refuse = (status: number, message: string): never => {
  throw new Refused(status, message);
};
const wait = (ms: number) => new Promise((done) => setTimeout(done, ms));
const uptimeOf = ({ status, startedAt }: PveMachine) =>
  status === 'running' ? Math.floor((Date.now() - startedAt) / 1000) : 0;

/** Starts a cluster of two nodes with some machines that run, their agents with them. `tell` hears each call that begins a task. */
export const startPve = async (size: number, tell: (call: string) => void = () => {}) => {
  const token = `drover@pve!control=${randomUUID()}`;
  const away = new Set<string>();
  const machines = new Map<number, PveMachine>();
  const tasks = new Map<string, Task>();
  const working = new Set<Promise<void>>();
  for (let i = 0; i < size; i++)
    machines.set(100 + i, {
      ...{ vmid: 100 + i, name: `web-${i + 1}`, uuid: randomUUID(), node: `pve${(i % 2) + 1}` },
      ...{ status: 'running', paused: false, agent: true, template: false, spoiled: false, startedAt: Date.now() },
    });

  const start = (machine: PveMachine) => Object.assign(machine, { status: 'running', startedAt: Date.now() });
  const stop = (machine: PveMachine) => Object.assign(machine, { status: 'stopped', paused: false });
  /** What a task does, until it ends with a sentence or with nothing, which is success. */
  const works: Readonly<Record<string, (machine: PveMachine) => Promise<string | void> | string | void>> = {
    start: (machine) => {
      if (machine.template) return "you can't start a vm if it's a template";
      return machine.status === 'running' ? `VM ${machine.vmid} already running` : void start(machine);
    },
    stop: (machine) => void (machine.status === 'running' && stop(machine)),
    resume: (machine) => void (machine.paused = false),
    reset: () => {},
    shutdown: async (machine) => {
      await wait(GUEST_MS);
      stop(machine);
    },
    reboot: async (machine) => {
      await wait(GUEST_MS);
      stop(machine);
      start(machine);
    },
  };
  const begin = (verb: string, machine: PveMachine) => {
    const { status, vmid, node } = machine;
    if (verb === 'reset' && status !== 'running') refuse(500, `VM ${vmid} not running`);
    if (verb === 'shutdown' && machine.paused) refuse(500, 'VM is paused - cannot shutdown');
    const work = works[verb] ?? refuse(501, `Method 'POST /status/${verb}' not implemented`);
    const stamp = [randomUUID().slice(0, 8), randomUUID().slice(0, 8), Math.floor(Date.now() / 1000).toString(16)];
    const upid = `UPID:${node}:${stamp.join(':').toUpperCase()}:qm${verb}:${vmid}:drover@pve!control:`;
    const task: Task = { node, exitstatus: null };
    tasks.set(upid, task);
    const running = wait(TASK_MS).then(async () => void (task.exitstatus = (await work(machine)) ?? 'OK'));
    working.add(running);
    void running.finally(() => working.delete(running));
    tell(`${verb} ${vmid}`);
    return upid;
  };

  const rowOf = (machine: PveMachine) => {
    const { vmid, name, node, template, status } = machine;
    const known = { id: `qemu/${vmid}`, type: 'qemu', vmid, node, name, template: template ? 1 : 0 };
    if (away.has(node)) return { ...known, status: 'unknown' };
    return {
      ...known,
      status,
      maxcpu: 2,
      maxmem: 2 ** 31,
      maxdisk: 2 ** 34,
      uptime: uptimeOf(machine),
      cpu: 0,
      mem: 0,
    };
  };
  const container = {
    id: 'lxc/900',
    type: 'lxc',
    vmid: 900,
    node: 'pve1',
    name: 'dns',
    status: 'running',
    template: 0,
  };
  const configOf = ({ vmid, name, uuid, agent }: PveMachine) => ({
    ...{
      name,
      cores: 2,
      memory: '2048',
      ostype: 'l26',
      boot: 'order=scsi0',
      digest: 'da39a3ee5e6b4b0d3255bfef95601890afd80709',
    },
    ...{ smbios1: `uuid=${uuid}`, scsi0: `local-lvm:vm-${vmid}-disk-0,size=16G`, ...(agent && { agent: '1' }) },
    net0: `virtio=BC:24:11:00:00:${String(vmid % 100).padStart(2, '0')},bridge=vmbr0`,
  });
  const currentOf = (machine: PveMachine) => {
    const { vmid, name, status, paused, agent, spoiled } = machine;
    const qmpstatus = status === 'running' && paused ? 'paused' : status;
    const now = { vmid, name, status: spoiled ? 'sideways' : status, qmpstatus, uptime: uptimeOf(machine), cpus: 2 };
    return { ...now, maxmem: 2 ** 31, ha: { managed: 0 }, ...(agent && { agent: 1 }) };
  };

  const machineOf = (node: string, vmid: string) => {
    if (away.has(node)) refuse(595, 'No route to host');
    const machine = machines.get(Number(vmid));
    if (machine?.node === node) return machine;
    return refuse(500, `Configuration file 'nodes/${node}/qemu-server/${vmid}.conf' does not exist`);
  };
  const answer = (method: string, path: string): unknown => {
    if (method === 'GET' && path === '/version')
      return { version: '8.4.1', release: '8.4', repoid: '2a5fa54a8503f96d' };
    if (method === 'GET' && path === '/cluster/resources?type=vm')
      return [...[...machines.values()].map(rowOf), container];
    const [, node = '', kind, id = '', ...rest] = path.split('/').slice(1).map(decodeURIComponent);
    const asked = `${method} ${rest.join('/')}`;
    if (kind === 'tasks') {
      const { exitstatus } = tasks.get(id) ?? refuse(500, 'no such task');
      return exitstatus === null
        ? { upid: id, node, status: 'running' }
        : { upid: id, node, status: 'stopped', exitstatus };
    }
    const machine = kind === 'qemu' ? machineOf(node, id) : refuse(501, `Method '${method} ${path}' not implemented`);
    if (asked === 'GET config') return configOf(machine);
    if (asked === 'GET status/current') return currentOf(machine);
    if (asked === 'POST agent/ping') {
      if (!machine.agent) refuse(500, 'No QEMU guest agent configured');
      if (machine.status !== 'running') refuse(500, `VM ${id} is not running`);
      return { result: {} };
    }
    return asked.startsWith('POST status/')
      ? begin(rest[1] ?? '', machine)
      : refuse(501, `Method '${asked}' not implemented`);
  };

  const reply = (response: ServerResponse, status: number, body: object) => {
    const text = JSON.stringify(body);
    response.writeHead(status, { 'content-type': 'application/json;charset=UTF-8' }).end(text);
  };
  const server = createServer((request, response) => {
    try {
      if (request.headers.authorization !== `PVEAPIToken=${token}`) refuse(401, 'invalid token value!');
      const { method = '', url = '' } = request;
      if (!url.startsWith('/api2/json/')) refuse(501, 'no such path');
      reply(response, 200, { data: answer(method, url.slice('/api2/json'.length)) });
    } catch (error) {
      const { status, message } = error instanceof Refused ? error : { status: 500, message: String(error) };
      reply(response, status, { data: null, message: `${message}\n` });
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    machines,
    /** The nodes that do not answer at present. */
    away,
    /** Resolves when no task works any more. */
    settled: () => Promise.all(working),
    /** From now on nobody answers. */
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
};

// As a process of its own: its address and its token, then a line for each call that begins a task.
if (import.meta.main) {
  const { url, token } = await startPve(Number(process.argv[2] ?? 3), console.log);
  console.log(JSON.stringify({ url, token }));
}
