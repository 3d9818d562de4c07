// The first `npm start` in a folder that holds sources and nothing else: what it installs, what it builds, and that Drover
// runs from it. Never: a shortcut past npm, or packages of the tree that the story stands in.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { copySources } from '../../../tools/docs/tree-copy.js';
import { openHouse, within, type Program } from './house.js';
import { usersPath } from './terminal.js';

const here = fileURLToPath(new URL('../../../', import.meta.url));
const MEGABYTES = 300;

/** Where npm finds itself, its packages and its settings. */
const npmEnvironment = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => /^HOME$|^npm_config_|_proxy$/i.test(name))),
  PATH: usersPath,
} as Readonly<Record<string, string>>;

/** The JavaScript of a build, by its path; a checked build names a source map in its last line. */
const scripts = (root: string) => {
  const of = (folder: string) =>
    readdirSync(join(root, folder, 'dist'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.js'))
      .map((file) => `${folder}/dist/${file}`);
  const folders = ['apps/suite', 'libs/kernel', 'libs/ports', 'libs/api', 'libs/power', 'libs/infrastructure/sqlite'];
  return Object.fromEntries(
    folders
      .flatMap(of)
      .sort()
      .map((file) => [file, readFileSync(join(root, file), 'utf8').replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n')]),
  );
};

it(
  'a first start brings what a start needs, builds the same program as a test does, and a later one does neither',
  async () => {
    const root = mkdtempSync(join(tmpdir(), 'drover first start '));
    try {
      copySources(root);
      const program: Program = { file: 'npm', args: ['start', '--'], serve: [], cwd: root };
      await using house = await openHouse({ ...npmEnvironment, DROVER_SIMULATOR_VMS: '5' }, program);
      await house.start();
      expect((await fetch(`${house.url}/health/ready`)).status).toBe(200);
      expect(house.complaints()).toMatch(/Installing packages [^]*: done after \d+ s\nBuilding \.\.\.\n/);
      await house.stop();

      const [kilobytes = ''] = execFileSync('du', ['-sk', root], { encoding: 'utf8' }).split('\t');
      expect(Number(kilobytes) / 1024).toBeLessThan(MEGABYTES);
      expect(scripts(root)).toEqual(scripts(here));
      const packages = readdirSync(join(root, 'node_modules'));
      expect(packages.filter((name) => /^(?:jest|eslint|prettier|nx|vitepress)$/.test(name))).toEqual([]);

      await house.start();
      expect(house.complaints()).not.toMatch(/Installing|Building/);
      expect((await house.stop()).code).toBe(0);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  },
  5 * within,
);
