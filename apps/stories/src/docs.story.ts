import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { sharedHouse, within } from './house.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** The blocks of commands of a page, in order. What other stories run (`npm start`, …) is marked `run: elsewhere`. */
const blocks = pages.flatMap((page) =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/(<!-- run: elsewhere -->\n *)?```sh(.*)\n([\s\S]*?)```/g)]
    .filter(([, elsewhere]) => !elsewhere)
    .map(([, , info = '', script = '']) => ({ page, needs: info.trim(), script: script.replace(/^ {3}/gm, '') })),
);
const commands = blocks.filter(({ needs }) => needs === '');
/** What needs a system of its own is not run here: its syntax is checked. */
const others = blocks.filter(({ needs }) => needs !== '');

const house = sharedHouse({ DROVER_SIMULATOR_LATENCY: '0' });

it('finds the commands of the docs', () => expect(commands.length).toBeGreaterThan(6));

it('counts the commands that it cannot run: those that need systemd or Docker', () => {
  const count = (what: string) => others.filter(({ needs }) => needs === `needs ${what}`).length;
  expect([count('systemd'), count('docker'), others.length]).toEqual([4, 1, 5]);
});

it.each(others)('the commands of $page that it cannot run ($needs) are right as far as bash can see', ({ script }) => {
  const { status, stderr } = spawnSync('bash', ['-n'], { input: script, encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
});

it.each(commands)(
  'the commands of $page do what they say',
  async ({ script }) => {
    const here = script.replaceAll('http://127.0.0.1:8000', house().url).replaceAll('./data/', `${house().dataDir}/`);
    const child = spawn('bash', ['-euo', 'pipefail', '-c', here], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    let complained = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complained += text));
    const code = await new Promise<number | null>((done) => child.on('close', done));
    expect([code, complained]).toEqual([0, expect.not.stringContaining('(22)')]);
    expect(said).not.toBe('');
    expect(said).not.toContain('"type":"/problems/');
  },
  within,
);
