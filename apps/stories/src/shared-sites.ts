// A data directory and simulated sites that several suites share: what a story of several processes stands on.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ownPort } from '../../../tools/faultbench/port.js';

const simulator = fileURLToPath(new URL('../../simulator/dist/main.js', import.meta.url));
const secret = 'the-token-of-the-simulated-sites-of-a-story';

/** The simulated sites as a process of their own, on a directory that suites share. */
const startedSites = async (env: Readonly<Record<string, string>>) => {
  const child = spawn(process.execPath, [simulator], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((done) => child.on('close', () => done()));
  await new Promise<void>((done, fail) => {
    child.stdout.on('data', () => done());
    void ended.then(() => fail(new Error('the simulator ended before it listened')));
  });
  return {
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
};

/** The sites, running, and what a suite is told to use them and the directory together with others. */
export const sharedSites = async (left: AsyncDisposableStack, leaseSeconds: number) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'drover-shared-'));
  left.defer(() => rmSync(dataDir, { recursive: true, force: true }));
  const port = String(await ownPort());
  const shared = { DROVER_DATA_DIR: dataDir, DROVER_SIMULATOR_TOKEN: 'env:SITES_TOKEN', SITES_TOKEN: secret };
  left.use(await startedSites({ ...shared, DROVER_SIMULATOR_PORT: port, DROVER_SIMULATOR_LATENCY: '0.2' }));
  const leases = { DROVER_SHARED_DATA: 'true', DROVER_LEASE_SECONDS: String(leaseSeconds) };
  return { dataDir, settings: { ...shared, ...leases, DROVER_SIMULATOR_URL: `http://127.0.0.1:${port}` } };
};
