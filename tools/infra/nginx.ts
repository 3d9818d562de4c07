// nginx for tests, on loopback, gone with the test. Where it is not there and cannot be fetched, tests that need it are
// skipped by name; with CI set that is a failure.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ci = !['', 'false'].includes(process.env['CI'] ?? '');

/** Where nginx is, fetched when it can be; null where it is missing. Throws with CI set. */
export const nginxProgram = async (): Promise<string | null> => {
  try {
    const said = (await run(join(import.meta.dirname, 'nginx.sh'), ['install'])).stdout.trim();
    return said.split('\n').at(-1) ?? null;
  } catch (error) {
    if (ci) throw error;
    return null;
  }
};

/** Whether something listens on a port of loopback. */
const listens = (port: number) =>
  new Promise<boolean>((done) => {
    const socket = connect(port, '127.0.0.1', () => done(true)).on('error', () => done(false));
    socket.on('connect', () => socket.destroy());
  });

/** Starts nginx with a block `server`, its files in a folder of its own; it listens where the block says. */
export const startNginx = async (program: string, folder: string, server: string, port: number) => {
  mkdirSync(join(folder, 'tmp'), { recursive: true });
  const log = join(folder, 'error.log');
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `  ${kind}_temp_path ${join(folder, 'tmp', kind)};`,
  );
  const main = ['daemon off;', 'master_process off;', `pid ${join(folder, 'nginx.pid')};`, `error_log ${log};`];
  const http = ['http {', '  access_log off;', '  gzip on;', '  gzip_types *;', ...paths, server, '}'];
  writeFileSync(join(folder, 'nginx.conf'), [...main, 'events {}', ...http, ''].join('\n'));
  const child = spawn(program, ['-p', folder, '-e', log, '-c', join(folder, 'nginx.conf')], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  for (let left = 100; !(await listens(port)); left--) {
    if (left === 0 || child.exitCode !== null) throw new Error(`nginx does not start: ${readFileSync(log, 'utf8')}`);
    await new Promise((done) => setTimeout(done, 50));
  }
  return {
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
};
