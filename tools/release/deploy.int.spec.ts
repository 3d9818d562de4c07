import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { afterAll, expect, it } from '@jest/globals';
import { hadolint, judged, systemdAnalyze } from './judges.ts';

const root = join(import.meta.dirname, '../..');
const dir = mkdtempSync(join(tmpdir(), 'drover-deploy-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const dockerfile = readFileSync(join(root, 'deploy/Dockerfile'), 'utf8');
const unit = readFileSync(join(root, 'deploy/systemd/drover.service'), 'utf8');
const settings = readFileSync(join(root, 'deploy/systemd/drover.env'), 'utf8');
const [linter, analyze] = await Promise.all([hadolint(), systemdAnalyze()]);

/** The unit as systemd finds it where Drover is installed: with a program that is there. */
const withProgram = (text: string) => {
  const path = join(dir, 'drover.service');
  writeFileSync(path, text.replace('/opt/drover/bin/drover', process.execPath));
  return path;
};

(linter === null ? it.skip : it)('hadolint accepts the Dockerfile, and would not accept a worse one', async () => {
  const check = (path: string) => judged(linter ?? '', ['--no-color', path]);
  expect(await check(join(root, 'deploy/Dockerfile'))).toEqual({ accepted: true, said: '' });
  const worse = join(dir, 'Dockerfile');
  writeFileSync(worse, dockerfile.replace(/debian:\S+/, 'debian'));
  expect(await check(worse)).toMatchObject({ accepted: false, said: expect.stringContaining('DL3006') });
});

it('the image runs as another user than root, tells its health without a shell, and takes nothing from an address', () => {
  const [, last = ''] = dockerfile.split(/^FROM scratch$/m);
  expect(last).toMatch(/^USER 10001:10001$/m);
  expect(last).toMatch(/^HEALTHCHECK [^[]*CMD \["\/opt\/drover\/lib\/node", "-e", /m);
  expect(last).not.toMatch(/^(RUN|SHELL|(CMD|ENTRYPOINT) (?!\[))/m);
  expect(dockerfile).not.toMatch(/^ADD\b|:latest\b|https?:\/\/(?!127\.0\.0\.1)/m);
});

it('the health check of the image is valid JavaScript', () => {
  const [, words = '[]'] = /^HEALTHCHECK [^[]*CMD (\[.*\])$/m.exec(dockerfile) ?? [];
  const [, , script = ''] = JSON.parse(words) as readonly string[];
  expect(() => new Script(script)).not.toThrow();
  expect(script).toContain('/health/ready');
});

(analyze === null ? it.skip : it)('systemd accepts the unit, and would not accept a worse one', async () => {
  const check = (text: string) => judged(analyze ?? '', ['verify', '--man=no', withProgram(text)]);
  expect(await check(unit)).toEqual({ accepted: true, said: '' });
  expect((await check(unit.replace('Restart=', 'Restarts='))).said).toContain('Restarts');
});

(analyze === null ? it.skip : it)('the unit leaves little open: systemd rates it 2 or better', async () => {
  const { accepted } = await judged(analyze ?? '', ['security', '--offline=true', '--threshold=20', withProgram(unit)]);
  expect(accepted).toBe(true);
  const open = unit.replaceAll(/^(Protect|Private|Restrict|SystemCall|Capability|NoNew).*\n/gm, '');
  const worse = await judged(analyze ?? '', ['security', '--offline=true', '--threshold=20', withProgram(open)]);
  expect(worse.accepted).toBe(false);
});

it('the unit keeps its data where it says, and is not killed before a stop ends by itself', () => {
  expect(unit).toMatch(/^StateDirectory=drover$/m);
  expect(unit).toMatch(/^Environment=DROVER_DATA_DIR=%S\/drover$/m);
  const [, seconds = '0'] = /^TimeoutStopSec=(\d+)$/m.exec(unit) ?? [];
  expect(Number(seconds)).toBeGreaterThan(28);
});

it('the example of settings names only settings, and sets none', () => {
  const reference = readFileSync(join(root, 'docs/reference/settings.md'), 'utf8');
  const names = [...settings.matchAll(/^#([A-Z_]+)=/gm)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(3);
  expect(names.filter((name) => !reference.includes(`\`${name}\``))).toEqual([]);
  expect(settings).not.toMatch(/^[^#\n]/m);
});
