// The files of Drover as it runs: what was built of the suite and its libraries, and the packages they need, without types,
// maps and documentation.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Entry } from './archive.ts';
import type { Shipped } from './shipped.ts';

const text = (path: string) => readFileSync(path, 'utf8');
const filesBelow = (dir: string): readonly string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)));

/** How commands are called in a release, where there is no npm; a column keeps its width. */
export const spoken = (script: string): string =>
  script
    .replace(/\bnpm (?:start|run (?:login-link|rebuild|store))\b[^'\n]*? {2,}/g, (line) =>
      renamed(line).padEnd(line.length),
    )
    .replace(/[^]+/, renamed);
const renamed = (line: string) =>
  line
    .replace(/\bnpm start --(?= -)/g, 'drover')
    .replace(/\bnpm start\b/g, 'drover up')
    .replace(/\bnpm run (login-link|rebuild|store)( --(?= ))?/g, 'drover $1');

/** The projects that a process is made of, by the references of the compiler, itself first. */
const projectsOf = (root: string, project: string, seen = new Set<string>()): readonly string[] => {
  if (seen.has(project)) return [];
  seen.add(project);
  const { references = [] } = JSON.parse(text(join(root, project, 'tsconfig.json'))) as {
    readonly references?: readonly { readonly path: string }[];
  };
  return [project, ...references.flatMap(({ path }) => projectsOf(root, join(project, path), seen))];
};

const testsOnly = /(^|\/)testing\.ts$|\.(contract|spec|story)\.ts$/;

/** What was built of a project, where its source still is: an output folder keeps what was deleted since. */
const built = (root: string, project: string): readonly Entry[] =>
  filesBelow(join(root, project, 'dist'))
    .filter((name) => name.endsWith('.js') && !name.startsWith('.'))
    .filter((name) => {
      const source = name.replace(/\.js$/, '.ts');
      return !testsOnly.test(source) && existsSync(join(root, project, 'src', source));
    })
    .map((name) => ({
      path: `dist/${name}`,
      bytes: Buffer.from(
        spoken(text(join(root, project, 'dist', name)).replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n')),
      ),
    }));

const json = (value: unknown) => Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
const under = (folder: string, entries: readonly Entry[]) =>
  entries.map((entry) => ({ ...entry, path: `${folder}/${entry.path}` }));

const library = (root: string, project: string, version: string): readonly Entry[] => {
  const { name, exports: all } = JSON.parse(text(join(root, project, 'package.json'))) as {
    readonly name: string;
    readonly exports: Readonly<Record<string, { readonly default: string }>>;
  };
  const kept = Object.entries(all).filter(([path]) => path !== './testing');
  const exports = Object.fromEntries(kept.map(([path, file]) => [path, file.default]));
  const manifest = { name, version, license: 'Apache-2.0', type: 'module', exports };
  const entries = [...built(root, project), { path: 'package.json', bytes: json(manifest) }];
  return under(`node_modules/${name}`, entries);
};

/** Files that carry a licence. */
export const licenceFile = /^(licen[cs]e|copying|notice)/i;
const aside = /^(\..*|(bench|benchmarks?|docs?|examples?|man|specs?|tests?|__tests__)\/)/;
const unused = /\.(map|[cm]?ts|flow|md|markdown|ya?ml|tsbuildinfo)$/i;
/** Of these packages only a part is used. */
const parts: Readonly<Record<string, RegExp>> = {
  'swagger-ui-dist': /^(package\.json|swagger-ui\.css|swagger-ui-bundle\.js|favicon-32x32\.png)$/,
  rxjs: /^(package\.json|[a-z]+\/package\.json|dist\/(cjs|esm)\/)/,
};

const installed = (root: string, { folder, name }: Shipped): readonly Entry[] =>
  filesBelow(join(root, folder))
    .filter((file) => !file.startsWith('node_modules/')) // these are packages of their own
    .filter(
      (file) =>
        licenceFile.test(file) || (!aside.test(file) && !unused.test(file) && (parts[name]?.test(file) ?? true)),
    )
    .map((file) => ({ path: `${folder}/${file}`, bytes: readFileSync(join(root, folder, file)) }));

/** All files of the application but its manifest, by their paths in a release. */
export const applicationFiles = (root: string, packages: readonly Shipped[], version: string): readonly Entry[] => {
  const [suite = '', ...libraries] = projectsOf(root, 'apps/suite');
  return [
    ...under(suite, built(root, suite)),
    ...libraries.flatMap((project) => library(root, project, version)),
    ...packages.flatMap((each) => installed(root, each)),
  ];
};
