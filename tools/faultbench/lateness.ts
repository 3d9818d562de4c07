// How late a process answers, asked by a process of its own: one that runs tests stands still by itself now and then.
//   node tools/faultbench/lateness.ts <url> <pid>      asks until its input ends, then prints the lateness as JSON
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { fileURLToPath } from 'node:url';

const EACH_MS = 100;

/** How late answers were from when they were due, beyond how long who answers and who asks waited for a processor, in ms. */
export interface Lateness {
  readonly polls: number;
  readonly median: number;
  /** Of ten, all but one were earlier. */
  readonly p90: number;
  /** Of a hundred, all but one were earlier. */
  readonly p99: number;
  readonly worst: number;
}

/**
 * For how long a process was ready to run and had no processor, in ms since its start: that others are at work is the
 * machine's doing. Zero where the system does not count it.
 */
export const waitedForProcessor = (pid: number | undefined) => {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6;
  } catch {
    return 0;
  }
};

/** Whether an address answers. */
const answers = (url: string, agent: Agent) =>
  new Promise<boolean>((done) => {
    get(url, { agent }, (answer) => answer.resume().on('end', () => done(true))).on('error', () => done(false));
  });

/** Asks each 100 ms, whether or not it was answered before. Answers how to end it. */
const ask = (url: string, pid: number) => {
  const agent = new Agent({ keepAlive: true });
  const waited = () => waitedForProcessor(pid) + waitedForProcessor(process.pid);
  const polls: Promise<number | null>[] = [];
  const late = async (due: number, before: number) =>
    (await answers(url, agent)) ? performance.now() - due - (waited() - before) : null; // null: nobody listens yet
  let due = performance.now();
  let before = waited();
  const poll = () => {
    polls.push(late(due, before));
    due += EACH_MS;
    before = waited();
    timer = setTimeout(poll, Math.max(0, due - performance.now()));
  };
  let timer = setTimeout(poll);
  return async (): Promise<Lateness> => {
    clearTimeout(timer);
    const sorted = (await Promise.all(polls)).flatMap((ms) => (ms === null ? [] : [Math.max(0, ms)]));
    sorted.sort((a, b) => a - b);
    agent.destroy();
    const at = (part: number) => sorted[Math.floor(sorted.length * part)] ?? Infinity;
    return { polls: sorted.length, median: at(0.5), p90: at(0.9), p99: at(0.99), worst: sorted.at(-1) ?? Infinity };
  };
};

/** Asks an address from when somebody first listens there. `pid` is whoever answers; what it answers ends it. */
export const watchLateness = (url: string, pid: number | undefined) => {
  const args = [fileURLToPath(import.meta.url), url, String(pid)];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  return async (): Promise<Lateness> => {
    child.stdin.end();
    await ended;
    return JSON.parse(text) as Lateness;
  };
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const end = ask(process.argv[2] ?? '', Number(process.argv[3]));
  process.stdin.resume().on('end', () => void end().then((lateness) => console.log(JSON.stringify(lateness))));
}
