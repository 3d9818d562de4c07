import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { siteFaults } from './built-site.js';

let dir: string;
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'drover-site-'))));
afterEach(() => rmSync(dir, { recursive: true }));

const write = (file: string, text: string) => {
  mkdirSync(dirname(join(dir, file)), { recursive: true });
  writeFileSync(join(dir, file), text);
};
const INDEX = 'assets/chunks/@localSearchIndexroot.a1.js';
const good = () => {
  write('index.html', '<script type="module" src="/assets/app.js"></script><a href="https://semver.org">versions</a>');
  write('how-to/install.html', '<link rel="stylesheet" href="/assets/style.css">');
  write('assets/style.css', '@font-face { src: url(/assets/inter.woff2); }');
  write(INDEX, `export default '{"documentIds":{"0":"/#drover","1":"/how-to/install#install"}}'`);
};
const faults = () => siteFaults(dir, ['index', 'how-to/install']);

it('finds nothing wrong with a site that brings all that it shows', () => {
  good();
  expect(faults()).toEqual([]);
});

it.each([
  ['index.html', '<script src="https://cdn.example.test/a.js"></script>', 'index.html loads'],
  ['index.html', '<link rel="stylesheet" href="//fonts.example.test/inter.css">', 'index.html loads'],
  ['assets/style.css', '@import "https://fonts.example.test/inter.css";', 'style.css loads'],
  [INDEX, `export default '{"documentIds":{"0":"/#drover"}}'`, 'the search lacks how-to/install'],
])('finds what %s must not be: %s', (file, text, fault) => {
  good();
  write(file, text);
  expect(faults()).toEqual([expect.stringContaining(fault)]);
});

it('finds a site without a search, and a page that was not built', () => {
  good();
  rmSync(join(dir, INDEX));
  rmSync(join(dir, 'how-to/install.html'));
  expect(faults()).toEqual(['it has no index for a search without a network', 'how-to/install was not built']);
});
