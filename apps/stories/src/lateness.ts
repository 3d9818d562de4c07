import { spawn } from 'node:child_process';
import { Agent, get } from 'node:http';

const EACH_MS = 100;

/** A process that does nothing but answer: how late it is, is the machine's doing. */
const startControl = async () => {
  const code = `require('node:http').createServer((_, to) => to.end()).listen(0, '127.0.0.1', function () { console.log(this.address().port) })`;
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  const port = await new Promise<string>((done) => child.stdout.once('data', (text) => done(String(text).trim())));
  return { url: `http://127.0.0.1:${port}`, stop: () => child.kill('SIGKILL') };
};

/** When an address answers, in ms from when that was due; null when nobody listens there. */
const answered = (url: string, agent: Agent, due: number) =>
  new Promise<number | null>((done) => {
    get(url, { agent }, (answer) => answer.resume().on('end', () => done(performance.now() - due))).on('error', () =>
      done(null),
    );
  });

/** How late answers were, beyond how late the machine was at the same moment, in ms. */
export interface Lateness {
  readonly polls: number;
  readonly median: number;
  readonly worst: number;
}

/**
 * Asks an address each 100 ms, whether or not it has answered before, from when somebody first listens there. `until`
 * ends it, and says how late the answers were.
 */
export const watchLateness = async (url: string) => {
  const control = await startControl();
  const agent = new Agent({ keepAlive: true });
  const polls: Promise<readonly [number | null, number | null]>[] = [];
  let due = performance.now();
  const poll = () => {
    polls.push(Promise.all([answered(url, agent, due), answered(control.url, agent, due)]));
    due += EACH_MS;
    timer = setTimeout(poll, Math.max(0, due - performance.now()));
  };
  let timer = setTimeout(poll);
  return {
    end: async (): Promise<Lateness> => {
      clearTimeout(timer);
      const all = await Promise.all(polls);
      control.stop();
      agent.destroy();
      const late = all.flatMap(([own, others]) => (own === null || others === null ? [] : [Math.max(0, own - others)]));
      late.sort((a, b) => a - b);
      return { polls: late.length, median: late[late.length >> 1] ?? Infinity, worst: late.at(-1) ?? Infinity };
    },
  };
};
