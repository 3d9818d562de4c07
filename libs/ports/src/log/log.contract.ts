// The laws of a log: a line is one JSON object, secrets are masked, hostile text begins no line, nothing throws. Never:
// weaken a law for a library; whoever cannot mask does it before the library is called.
import { expect } from '@jest/globals';
import { closing, lawsApart, type Laws } from '../laws/testing.js';
import { logLevels, type Log, type LogLevel } from './log.js';

/** What the suite runs on: a log for each level, and what one has written since it was opened. */
export interface LogBench {
  open(least: LogLevel): Log;
  /** What was written by all of them, in order. */
  written(): Promise<string>;
  close?(): Promise<void>;
}

const linesOf = async ({ written }: LogBench) =>
  (await written())
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** What a client or a provider may send to have a log say something else. */
const hostile = 'web\n{"level":"error","msg":"forged"}\r\u001b[2J\u009b2J\u2028\u202e"quoted"\\';

/** Secrets, each in what they come in. */
const canary = 'canary-7f3a9c';
const secretFields = {
  authorization: `Bearer ${canary}`,
  headers: { cookie: `drover_sid=${canary}`, 'set-cookie': [canary], 'Proxy-Authorization': canary },
  login: { password: canary, credential: { user: canary }, access_token: canary, apiKey: canary, signInCode: canary },
};
const secretTexts = [
  `Authorization: Bearer ${canary}`,
  `GET /api/v1/vms?name=${canary}&limit=3`,
  `/api/auth/link/${canary} was not accepted`,
  `cookie __Host-drover_sid=${canary}; Path=/`,
  `https://ana:${canary}@vcenter.example.test/sdk`,
  `{"username":"ana","password":"${canary}"}`,
  `{\\"password\\":\\"${canary}\\"}`,
  `password=${canary}, token: ${canary}`,
  `<vim:password>${canary}</vim:password>`,
];

/** The laws every log keeps, each with its test. */
export const logLaws = {
  'each call is one line: a JSON object with its level, its sentence and its members': async (bench) => {
    const log = bench.open('debug');
    for (const level of logLevels) log[level](`a sentence of ${level}`, { n: 1, name: 'web', none: null, is: true });
    const lines = await linesOf(bench);
    expect(lines).toMatchObject(
      logLevels.map((level) => ({ level, msg: `a sentence of ${level}`, n: 1, name: 'web', none: null, is: true })),
    );
  },

  'lines below the level are not written, and it says so before': async (bench) => {
    for (const [i, least] of logLevels.entries()) {
      const log = bench.open(least);
      expect(logLevels.map((level) => log.writes(level))).toEqual(logLevels.map((_, n) => n <= i));
      for (const level of logLevels) log[level]('x', { least });
    }
    const told = (await linesOf(bench)).map(({ level, least }) => `${String(least)}: ${String(level)}`);
    expect(told).toEqual(
      logLevels.flatMap((least, i) => logLevels.slice(0, i + 1).map((level) => `${least}: ${level}`)),
    );
  },

  'nothing in a sentence, a name or a value begins another line or steers a terminal': async (bench) => {
    bench.open('info').info(hostile, { name: hostile, [hostile]: 1, error: new Error(hostile) });
    const text = await bench.written();
    expect(text.split('\n')).toHaveLength(2); // the line, and nothing behind it
    expect(text.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(await linesOf(bench)).toMatchObject([{ msg: hostile, name: hostile, [hostile]: 1 }]);
  },

  'what can be a secret is masked: by the name of a member at any depth, and in texts': async (bench) => {
    const log = bench.open('debug');
    for (const level of logLevels) {
      log[level]('secrets in members', secretFields);
      for (const text of secretTexts) log[level](text, { text, list: [text], error: new Error(text, { cause: text }) });
    }
    const text = await bench.written();
    expect(text).toContain('vcenter.example.test');
    expect(text).not.toContain(canary);
  },

  'a member is not mistaken for the level or the sentence': async (bench) => {
    bench.open('info').warn('true', { level: 'debug', msg: 'false', time: 'never' });
    const text = await bench.written();
    expect(text.match(/"level":/g)).toHaveLength(1);
    expect(await linesOf(bench)).toMatchObject([{ level: 'warn', msg: 'true' }]);
  },

  'an error is told with its name, its code, its words, where it was thrown, and its cause': async (bench) => {
    const error = Object.assign(new TypeError('no', { cause: new RangeError('why') }), { code: 'EACCES' });
    bench.open('error').error('views', { error });
    expect(await linesOf(bench)).toMatchObject([
      {
        error: {
          ...{ name: 'TypeError', message: 'no', code: 'EACCES', stack: expect.stringContaining('TypeError: no') },
          cause: { name: 'RangeError', message: 'why' },
        },
      },
    ]);
  },

  'it never throws, and no line is without end': async (bench) => {
    const log = bench.open('info');
    const cycle: Record<string, unknown> = { n: 1n, when: () => 1, sign: Symbol('x') };
    cycle['self'] = cycle;
    const breaks = Object.defineProperty({}, 'x', { enumerable: true, get: () => JSON.parse('{') as unknown });
    log.info('odd', { cycle });
    log.info('breaks', { breaks });
    log.info('long', { text: 'x'.repeat(1_000_000), list: Array.from({ length: 100_000 }, (_, i) => i) });
    const lines = (await bench.written()).split('\n').filter(Boolean);
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(['odd', 'breaks', 'long']);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(20_000);
  },
} satisfies Laws<LogBench>;

/** Runs the laws. An adapter's own spec is one call to this function. */
export const logContract = (name: string, open: () => Promise<LogBench> | LogBench) =>
  lawsApart(`${name} keeps the laws of logs`, logLaws, open, closing);
