import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { routes } from '@drover/contracts';
import { commandsFor } from '../../../tools/docs/page-commands.js';
import {
  pythonBin,
  pythonClient,
  pythonPresent,
  typescriptClient,
  type GeneratedClient,
} from '../../../tools/clients/generated.js';
import { sharedStage } from './stage.js';
import { terminal } from './terminal.js';

const python = await pythonPresent();

const stage = sharedStage();

/** Generated, compiled under strict settings, whole, and at work. */
const powersOff = async (make: () => Promise<GeneratedClient>) => {
  const client = await make();
  expect(client.operations).toBe(Object.keys(routes).length);
  const vm = stage().machine();
  const token = readFileSync(join(stage().house.dataDir, 'admin.token'), 'utf8');
  expect(await client.use(stage().house.url, vm.id, token)).toEqual({
    ...{ listed: true, state: 'succeeded', verified: true },
    history: expect.arrayContaining(['io.drover.power.power-off-requested.v1', 'io.drover.power.vm-powered-off.v1']),
  });
};

(python ? it : it.skip)(
  'K34: openapi-python-client generates every operation, right to mypy --strict, and powers a machine off with it',
  () => powersOff(pythonClient),
  180_000,
);

it(
  'K34: openapi-typescript generates every operation, right to tsc --strict, and powers a machine off with it',
  () => powersOff(typescriptClient),
  180_000,
);

(python ? it : it.skip)(
  'docs/how-to/write-a-client.md: both generators make a client of the document that a started house serves',
  async () => {
    const root = fileURLToPath(new URL('../../../', import.meta.url));
    const page = 'docs/how-to/write-a-client.md';
    const [script = ''] = commandsFor(
      'apps/stories/src/generated-clients.story.ts',
      page,
      readFileSync(join(root, page), 'utf8'),
    );
    const folder = mkdtempSync(join(tmpdir(), 'drover-clients-'));
    try {
      symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules')); // npx takes what is there
      const shell = terminal(folder, { PATH: `${pythonBin}${delimiter}${process.env['PATH'] ?? ''}` });
      const here = script.replaceAll('http://127.0.0.1:8000', stage().house.url);
      expect(await shell.run(here)).toMatchObject({ code: 0 });
      expect(readFileSync(join(folder, 'drover.d.ts'), 'utf8')).toContain('"/api/v1/vms/{id}/actions/power-off"');
      expect(readdirSync(join(folder, 'drover-client'))).toContain('drover_client');
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  180_000,
);
