import { expect, it } from '@jest/globals';
import { logContract } from '@drover/ports/testing';
import { pinoLog } from './log.telemetry.js';
import { plainLine } from './plain-line.telemetry.js';

const opened = (shown: (line: string) => string = (line) => line) => {
  let text = '';
  const open = (least: Parameters<typeof pinoLog>[0]) => pinoLog(least, (line) => (text += shown(line)));
  return { open, written: async () => text };
};

logContract('pino', () => opened());

it('says when, first of all to people', async () => {
  const json = opened();
  json.open('info').info('up', { connectionId: 'lab' });
  const line = await json.written();
  expect(JSON.parse(line)).toEqual({
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    level: 'info',
    msg: 'up',
    connectionId: 'lab',
  });
  expect(plainLine(line)).toMatch(/^\d{4}-\S+Z info {2}up connectionId=lab\n$/);
});

it('shows a stack to people, line by line, and nothing in it looks like a line of the log or steers the terminal', async () => {
  const plain = opened(plainLine);
  const log = plain.open('info');
  log.error('views', {
    where: 'a "b"\n',
    error: new Error('no\n2026-11-30 info forged\u001b[2J', { cause: new Error('why') }),
  });
  log.warn('not\nforged\u001b[1m', { ['a\nb']: '\u009b' });
  const [first, ...rest] = (await plain.written()).trimEnd().split('\n');
  expect(first).toMatch(/^\S+Z error views where="a \\"b\\"\\n"$/);
  const last = rest.pop();
  expect(last).toMatch(/^\S+Z warn {2}not\\u000aforged\\u001b\[1m a\\u000ab="\\u009b"$/);
  expect(rest.every((line) => line.startsWith('  '))).toBe(true);
  expect(rest.join('\n')).toMatch(/Error: no\n[^]*because of\n +Error: why/);
  expect(await plain.written()).not.toMatch(/[\u001b\u009b]/);
});
