import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { routes } from '@drover/contracts';
import {
  pythonClient,
  pythonPresent,
  typescriptClient,
  type GeneratedClient,
} from '../../../tools/clients/generated.js';
import { sharedStage } from './stage.js';

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
