// How sources become what runs. Where somebody works on Drover, `tsc -b` does it project by project and knows what changed.
// Where Drover is only started, nobody reads declarations, and to write them the compiler infers the type of every export:
// there all sources are one program, written as JavaScript alone, and all of it again when one of them changed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { give, shown } from './progress.mjs';

/** The folders of the program: the application, and every library of the workspace. */
const foldersOf = (root, application) => {
  const { workspaces = [] } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const libraries = workspaces
    .filter((pattern) => /^libs\/.*\*$/.test(pattern))
    .map((pattern) => pattern.slice(0, -2))
    .flatMap((parent) => readdirSync(join(root, parent)).map((name) => `${parent}/${name}`));
  return [application, ...libraries].filter((folder) => existsSync(join(root, folder, 'src')));
};

/** What tells one state of the sources from another; an install changes what their imports mean. */
const stateOf = (root, folders) => {
  const hash = createHash('sha256');
  const note = (file) => {
    const { size, mtimeMs } = statSync(join(root, file));
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  };
  ['tsconfig.base.json', 'node_modules/.drover-lock'].forEach(note);
  for (const folder of folders)
    for (const file of readdirSync(join(root, folder, 'src'), { recursive: true }).sort())
      note(`${folder}/src/${file}`);
  return hash.digest('hex');
};

/** Builds an application for those who only start it; nothing when no source changed. */
const built = async (root, application, node) => {
  const at = (...names) => join(root, ...names);
  const folders = foldersOf(root, application);
  const [written, stamp] = [at('.cache', 'build'), at(application, 'dist', '.sources')];
  const state = stateOf(root, folders);
  const whole = folders.every((folder) => existsSync(at(folder, 'dist')));
  if (whole && existsSync(stamp) && readFileSync(stamp, 'utf8') === state) return 0;

  rmSync(written, { recursive: true, force: true });
  const tsc = [at('node_modules', 'typescript-native', 'bin', 'tsc'), '-p', at('tools/bootstrap/tsconfig.start.json')];
  const code = await shown('Building', node, tsc, { cwd: root, stdio: ['ignore', 2, 2] });
  if (code !== 0) return code;
  rmSync(stamp, { force: true }); // first: a start that is killed between two folders builds again
  for (const folder of folders) {
    rmSync(at(folder, 'dist'), { recursive: true, force: true });

    renameSync(join(written, folder, 'src'), at(folder, 'dist'));
  }
  writeFileSync(stamp, state);
  return 0;
};

/** Builds with declarations. Several checkers would each infer the same schemas again: one takes half the time on two cores. */
const checked = async (root, project, node, types) => {
  const how = ['--checkers', '1', ...(types ? [] : ['--noCheck'])];
  const tsc = [join(root, 'node_modules', 'typescript-native', 'bin', 'tsc'), '-b', project, ...how];
  const options = { cwd: root, stdio: ['ignore', 2, 2] };
  const first = !existsSync(join(root, project === '.' ? 'apps/suite' : project, 'dist', '.tsbuildinfo'));
  return first ? shown('Building', node, tsc, options) : spawnSync(node, tsc, options).status;
};

/** Sees to it that a project is built from the sources as they are; `types` says whether their types are checked, too. */
export const build = async (root, project, node, types) => {
  const worked = existsSync(join(root, project, 'dist', '.tsbuildinfo'));
  const code = types || worked ? await checked(root, project, node, types) : await built(root, project, node);
  if (code !== 0) give(`The build of ${project} failed.`);
};
