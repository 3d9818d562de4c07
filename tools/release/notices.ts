// The licence texts of everything that is shipped.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { licenceFile } from './application.ts';
import type { Shipped } from './shipped.ts';

/** Said of a package that names this licence and forgot to bring its text. */
const mit = (holder: string) => `MIT License

Copyright (c) ${holder}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation
files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy,
modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software
is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES
OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE
LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR
IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

interface Manifest {
  readonly author?: string | { readonly name: string };
}

/** The licence of one package, in its own words where it brings them. */
const licenceOf = (root: string, { folder, name, version, license }: Shipped) => {
  const dir = join(root, folder);
  const files = readdirSync(dir).filter((file) => licenceFile.test(file));
  if (files.length > 0) return files.sort().map((file) => readFileSync(join(dir, file), 'utf8').trim());
  if (license !== 'MIT') throw new Error(`${name} ${version} is under ${license} and brings no text of it`);
  const { author } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as Manifest;
  const holder = typeof author === 'string' ? author : author?.name;
  return [mit(holder ?? `the authors of ${name}`)];
};

/** One text with the licences of the packages and of Node itself. */
export const notices = (
  root: string,
  packages: readonly Shipped[],
  node: { readonly version: string; readonly licence: string },
): string => {
  const rule = '='.repeat(80);
  const part = (title: string, texts: readonly string[]) => `${rule}\n${title}\n${rule}\n\n${texts.join('\n\n')}\n`;
  return [
    'Drover is under the Apache License 2.0 (LICENSE). It is shipped with the works below, each under its own licence.\n',
    ...packages.map((each) => part(`${each.name} ${each.version} (${each.license})`, licenceOf(root, each))),
    part(`Node.js ${node.version}`, [node.licence.trim()]),
  ].join('\n');
};
