// A terminal in which a story types what a page prints. It ends what it began as Ctrl-C does: the whole group of processes
// hears it. Never: pass the developer's environment on; only the way to programs and a home are his.
import { spawn } from 'node:child_process';
import { delimiter } from 'node:path';
import type { Ended } from './house.js';
import { until } from './api.js';

/** How long a command may take to say what is waited for: it may build first, on a busy machine. */
const PATIENCE_MS = 240_000;

/** Where a user's programs are. Not this tree's Node, which `npm test` puts first: npm would look for its settings beside it. */
export const usersPath = (process.env['PATH'] ?? '')
  .split(delimiter)
  .filter((folder) => !folder.endsWith('node_modules/.bin'))
  .join(delimiter);

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
      let over = false;
      void ended.then(() => (over = true));
      const said = await until(
        async () => texts.said,
        (text) => over || saying.test(text),
        PATIENCE_MS,
      );
      if (over || !saying.test(said)) {
        signal('SIGKILL');
        const { code, complained } = await ended;
        throw new Error(`${script.trim()} did not say ${saying} (${code}): ${said}${complained}`);
      }
      const stop = async () => {
        signal('SIGINT');
        return ended;
      };
      return { said: () => texts.said, stop, [Symbol.asyncDispose]: async () => void (await stop()) };
    },
  };
};
