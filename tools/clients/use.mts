// Uses the client that openapi-typescript generated, by openapi-fetch: lists machines, powers one off, reads its history.
// Arguments: the address, the machine's id. The token comes on standard input. Prints what it saw as JSON. It is compiled
// beside the types, where they were generated, so it is in no project of the house.
import { readFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import createClient from 'openapi-fetch';
import type { paths } from './schema.js';

const [, , url = '', id = ''] = process.argv;
const token = readFileSync(0, 'utf8').trim();
const client = createClient<paths>({ baseUrl: url, headers: { authorization: `Bearer ${token}` } });

const page = await client.GET('/api/v1/vms', { params: { query: { limit: 200, power: ['poweredOn'] } } });
if (!page.data) throw new Error(`no list of machines: ${page.error.code}`);

const off = await client.POST('/api/v1/vms/{id}/actions/power-off', {
  params: { path: { id }, header: { 'Idempotency-Key': randomUUID(), Prefer: 'wait=55' } },
  body: { mode: 'hard' },
});
if (!off.data) throw new Error(`no operation: ${off.error.code}`);

const history = await client.GET('/api/v1/vms/{id}/history', { params: { path: { id } } });
if (!history.data) throw new Error(`no history: ${history.error.code}`);

const seen = {
  listed: page.data.items.some((vm) => vm.id === id),
  state: off.data.state,
  verified: off.data.evidence !== null && off.data.evidence.verifiedAt !== null,
  history: history.data.items.map(({ type }) => type),
};
console.log(JSON.stringify(seen));
