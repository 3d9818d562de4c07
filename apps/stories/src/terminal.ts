// A terminal in which a story types what a page prints. It ends what it began as Ctrl-C does: the whole group of processes
// hears it. Never: pass the developer's environment on; only the way to programs and a home are his.
import { spawn } from 'node:child_process';
import type { Ended } from './house.js';
import { until } from './api.js';

/** A terminal in a folder, with some variables set. */
export const terminal = (cwd: string, given: Readonly<Record<string, string>> = {}) => {
  const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...given };

  const type = (script: string) => {
    const child = spawn('bash', ['-euo', 'pipefail', '-c', script], {
      ...{ cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true },
    });
    const texts = { said: '', complained: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.said += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.complained += text));
    const ended = new Promise<Ended>((done) => child.on('close', (code) => done({ code, ...texts })));
    const signal = (name: NodeJS.Signals) => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, name);
      } catch {
        // it has ended by itself
      }
    };
    return { texts, ended, signal };
  };

  return {
    /** Types commands and waits for their end. */
    run: (script: string) => type(script).ended,
    /** Types a command that goes on, and waits until it has said something; `await using` ends it. */
    begin: async (script: string, saying: RegExp) => {
      const { texts, ended, signal } = type(script);
      const over = ended.then(({ code, complained }) => {
        throw new Error(`${script.trim()} ended with ${code}: ${complained}`);
      });
      over.catch(() => undefined); // whoever waits below is told
      const wait = until(
        async () => texts.said,
        (said) => saying.test(said),
        120_000,
      );
      await Promise.race([wait, over]);
      const stop = async () => {
        signal('SIGINT');
        return ended;
      };
      return { said: () => texts.said, stop, [Symbol.asyncDispose]: async () => void (await stop()) };
    },
  };
};
