// The commands of all pages that stand there without a mark are run as they are printed, on one started house. What carries a
// mark is run by the test that the mark names; what nobody runs is counted here.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { commandsOf } from '../../../tools/docs/page-commands.js';
import { sharedHouse, within } from './house.js';
import { terminal } from './terminal.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const texts = (folder: string, recursive: boolean) =>
  readdirSync(join(root, folder), { recursive, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}${name}`);
const blocks = [...texts('', false), ...texts('docs/', true)].flatMap((page) =>
  commandsOf(page, readFileSync(join(root, page), 'utf8')),
);
const commands = blocks.filter(({ mark }) => mark === '');
/** What needs a system of its own is not run here: its syntax is checked. */
const others = blocks.filter(({ mark }) => mark.startsWith('needs '));

const house = sharedHouse({ DROVER_SIMULATOR_LATENCY: '0' });

it('finds the commands of the docs', () => expect(commands.length).toBeGreaterThan(28));

it('counts the commands that nobody runs: a new one is seen here', () => {
  const count = (mark: RegExp) => blocks.filter((block) => mark.test(block.mark)).length;
  expect({
    ...{ systemd: count(/^needs systemd$/), docker: count(/^needs docker$/), notRun: count(/^not run: /) },
  }).toEqual({ systemd: 4, docker: 1, notRun: 2 });
});

it.each(others)('the commands of $page that it cannot run ($mark) are right as far as bash can see', ({ script }) => {
  const { status, stderr } = spawnSync('bash', ['-n'], { input: script, encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
});

it.each(commands)(
  'the commands of $page do what they say',
  async ({ script }) => {
    const here = script.replaceAll('http://127.0.0.1:8000', house().url).replaceAll('./data/', `${house().dataDir}/`);
    const { code, said, complained } = await terminal(root).run(here);
    expect([code, complained]).toEqual([0, expect.not.stringContaining('(22)')]);
    expect(said).not.toBe('');
    expect(said).not.toContain('"type":"/problems/');
  },
  within,
);
