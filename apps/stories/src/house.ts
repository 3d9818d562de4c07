// Starts Drover as a process of its own on a fresh data directory, stops or kills it, and starts it again at the same
// address. Never: import a part of Drover, or pass the developer's environment on; a story sees what an operator sees.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from '@jest/globals';
import { ownPort } from '../../../tools/faultbench/port.js';
import { apiOf, until } from './api.js';

const main = fileURLToPath(new URL('../../suite/dist/main.js', import.meta.url));

/** How Drover is run: a program with its arguments, and what it is told to serve. */
export interface Program {
  readonly file: string;
  readonly args: readonly string[];
  readonly serve: readonly string[];
  readonly cwd?: string;
}
const builtSuite: Program = { file: process.execPath, args: [main], serve: [] };

/** How long a story may take: jest's 5 s are too few for a start and a stop on a busy machine. */
export const within = 60_000;

/** The most memory that a process ever held, in bytes; where the system does not say so, nothing. */
export const peakMemory = (pid: number | undefined) => {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
  } catch {
    return 0;
  }
};

/** How a process ended, and what it said while it ran. */
export interface Ended {
  readonly code: number | null;
  readonly said: string;
  readonly complained: string;
}

/**
 * A house under test, seen from outside: processes on a data directory and an address that stay the same however often it is
 * started. `await using` leaves nothing behind. One that is told a data directory shares it with whoever made it.
 */
export const openHouse = async (settings: Readonly<Record<string, string>> = {}, program = builtSuite) => {
  const shares = settings['DROVER_DATA_DIR'];
  const dataDir = shares ?? mkdtempSync(join(tmpdir(), 'drover-story-'));
  const port = await ownPort();
  const url = `http://127.0.0.1:${port}`;
  let process_: ChildProcess | null = null;
  let heard = { complained: '' };
  let ended: Promise<Ended> = Promise.resolve({ code: 0, said: '', complained: '' });

  /** Runs the suite with some arguments; `said` and `complained` are complete when it has ended. */
  const run = (args: readonly string[], more: Readonly<Record<string, string>> = {}) => {
    // Only these variables: what the developer has set must not decide whether a story passes.
    const env = { APP_PORT: String(port), DROVER_DATA_DIR: dataDir, ...settings, ...more };
    const { file, args: before, cwd } = program;
    const child = spawn(file, [...before, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'], ...(cwd && { cwd }) });
    const texts = { said: '', complained: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.said += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.complained += text));
    const end = new Promise<Ended>((done) => child.on('close', (code) => done({ code, ...texts })));
    return { child, texts, end };
  };

  /** Starts it and waits until it says that it is ready. */
  const start = async (more: Readonly<Record<string, string>> = {}) => {
    const { child, texts, end } = run(program.serve, more);
    process_ = child;
    heard = texts;
    ended = end;
    await new Promise<void>((done, fail) => {
      child.stdout.on('data', () => /\bready at http/.test(texts.said) && done());
      void end.then(({ code, complained }) => fail(new Error(`it ended with ${code}: ${complained}`)));
    });
    return texts.said;
  };

  const signal = (name: 'SIGTERM' | 'SIGINT' | 'SIGKILL') => process_?.kill(name);
  return {
    url,
    dataDir,
    /** One task that ends by itself: `login-link`, `rebuild`, `--help`, or a start that is refused. */
    task: (args: readonly string[], more: Readonly<Record<string, string>> = {}) => run(args, more).end,
    /** The same, to be killed on the way. */
    begin: (args: readonly string[]) => {
      const { child, end } = run(args);
      return { end, kill: () => child.kill('SIGKILL') };
    },
    start,
    signal,
    /** The process, for whoever looks at it from outside. */
    pid: () => process_?.pid,
    ended: () => ended,
    /** What it has complained of since it was started. */
    complaints: () => heard.complained,
    /** As the power supply would. */
    kill: async () => {
      signal('SIGKILL');
      return ended;
    },
    stop: async () => {
      signal('SIGTERM');
      return ended;
    },
    /** What a client with the admin's token can do. */
    api: () => apiOf(url, readFileSync(join(dataDir, 'admin.token'), 'utf8').trim()),
    [Symbol.asyncDispose]: async () => {
      signal('SIGKILL');
      await ended;
      if (shares === undefined) rmSync(dataDir, { recursive: true, force: true });
    },
  };
};

/** A house, for signatures. */
export type House = Awaited<ReturnType<typeof openHouse>>;

/** A house that runs and has found its fleet. */
export const startedHouse = async (settings: Readonly<Record<string, string>> = {}, program = builtSuite) => {
  const house = await openHouse(settings, program);
  await house.start();
  const size = Number(settings['DROVER_SIMULATOR_VMS'] ?? 200);
  await until(
    () => house.api().fleet(),
    ({ body }) => body.total === size && body.complete,
  );
  return house;
};

/** One started house for the stories of a file: started before the first, ended after the last. */
export const sharedHouse = (settings: Readonly<Record<string, string>> = {}) => {
  let house: House;
  beforeAll(async () => void (house = await startedHouse(settings)), within);
  afterAll(() => house[Symbol.asyncDispose]());
  return () => house;
};
