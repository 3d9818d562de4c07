import { Controller } from '@nestjs/common';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { routes, type Vm, type VmChange } from '@drover/contracts';
import { VmId } from '@drover/kernel';
import { Route } from '../routes/routes.js';
import { bootDoor } from '../testing.js';

const vmId = VmId.parse('420570c7-f61f-a930-77c5-1e876786cb3c');
const tagged = { id: vmId, version: '"i4.p0.r0.m0"' } as Vm;
let change: VmChange = { vmId, sequence: 4, events: [], replayed: false };
let shown: Vm | null = tagged;
const asked: unknown[] = [];

/** An owner that changes machines and shows none. */
@Controller()
class Owner {
  @Route(routes.registerVm)
  register() {
    return change;
  }
  @Route(routes.editVm)
  edit() {
    return change;
  }
}

let app: NestFastifyApplication;
beforeAll(async () => {
  app = await bootDoor([Owner], {
    identify: async () => ({ sub: 'ana', rights: ['vm:edit'], via: 'bearer' }),
    origin: 'http://localhost:80',
    audit: { record: async () => {} },
    vms: {
      after: async (...of) => (asked.push(['after', ...of]), shown),
      preview: async (...of) => (asked.push(['preview', ...of]), tagged),
    },
  });
});
afterAll(() => app.close());

const edit = (query = '') =>
  app.inject({ method: 'PATCH', url: `/api/v1/vms/${vmId}${query}`, headers: { authorization: 'x' }, payload: {} });

it('answers with the machine as reads show it, its ETag and where it is', async () => {
  const { statusCode, headers, body } = await edit();
  expect([statusCode, headers['etag'], headers['location']]).toEqual([200, tagged.version, `/api/v1/vms/${vmId}`]);
  expect([JSON.parse(body), asked.splice(0)]).toEqual([tagged, [['after', vmId, 4]]]);
});

it('says 202 and where it will be while no view has it', async () => {
  shown = null;
  const { statusCode, headers, body } = await edit();
  shown = tagged;
  expect([statusCode, headers['location'], JSON.parse(body)]).toEqual([202, `/api/v1/vms/${vmId}`, { id: vmId }]);
  expect(headers['etag']).toBeUndefined();
});

it('shows a dry run on top of what there is, and says of a repeat that it is one', async () => {
  asked.length = 0;
  change = { ...change, replayed: true };
  const { headers } = await edit('?dryRun=true');
  expect([asked, headers['idempotency-replayed']]).toEqual([[['preview', vmId, []]], 'true']);
});
