// vcsim for tests: a vCenter of its own on a free port, gone with the process that asked for it. Where it cannot be
// installed (no Go, no network, an empty cache) tests that need it are skipped by name; with CI set that is a failure.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);
const script = join(import.meta.dirname, 'vcsim.sh');
const bin = join(process.env['INFRA_CACHE'] ?? join(homedir(), '.cache', 'drover-infra'), 'vcsim');
const ci = !['', 'false'].includes(process.env['CI'] ?? '');

/** A running vCenter: where it is, who may enter, and a client that changes it behind our back. */
export interface Vcsim {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** Runs `govc` and answers what it printed. */
  govc(...args: readonly string[]): Promise<string>;
  /** Lets it hang, and go on. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void;
  stop(): Promise<void>;
}

/** Whether vcsim can be started; installs it when it can be. Throws with CI set, where nothing may be missing. */
export const vcsimPresent = async (): Promise<boolean> => {
  try {
    await run(script, ['install']);
    return true;
  } catch (error) {
    if (ci) throw error;
    return false;
  }
};

/** Starts one: a cluster of `vms` machines over plain HTTP on loopback, or with a certificate of its own. */
export const startVcsim = async ({
  vms = 4,
  tls = false,
  args = [],
}: { readonly vms?: number; readonly tls?: boolean; readonly args?: readonly string[] } = {}): Promise<Vcsim> => {
  const [user, password] = ['drover', 'correct horse <battery> & "staple"'];
  const fleet = ['-standalone-host', '0', '-vm', String(vms)];
  const door = ['-l', '127.0.0.1:0', `-tls=${tls}`, '-username', user, '-password', password];
  // It ends when its input does, so also when whoever started it is killed.
  const child = spawn(join(bin, 'vcsim'), [...door, ...fleet, '-stdinexit', ...args], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ended = once(child, 'exit');
  let url: string | undefined;
  for await (const line of createInterface(child.stdout)) {
    url = /^export GOVC_URL=(\S+)/.exec(line)?.[1];
    if (url) break;
  }
  child.stdout.resume();
  if (!url) throw new Error('vcsim ended while it started');
  const place = new URL(url);
  [place.username, place.password] = ['', ''];
  const env = {
    ...process.env,
    ...{ GOVC_URL: place.href, GOVC_USERNAME: user, GOVC_PASSWORD: password },
    ...{ GOVC_INSECURE: '1', GOVC_PERSIST_SESSION: 'false' },
  };
  return {
    ...{ url: place.href, user, password },
    govc: async (...given) => (await run(join(bin, 'govc'), [...given], { env })).stdout,
    signal: (name) => void child.kill(name),
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
};
