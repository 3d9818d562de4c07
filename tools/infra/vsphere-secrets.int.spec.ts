import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { vcsimPresent } from './vcsim.ts';
import { vsphereBench, type VsphereBench } from './vsphere-bench.ts';

const present = await vcsimPresent();
const test = present ? it : it.skip;
let bench: VsphereBench;
beforeAll(async () => {
  if (present) bench = await vsphereBench();
}, 120_000);
beforeEach(() => bench?.proxy.restore());
afterAll(() => bench?.close());
const { signal } = new AbortController();

/** What of the password a fault holds, wherever in it. */
const told = (error: unknown) => {
  const texts: string[] = [];
  for (let each = error; each instanceof Error; each = each.cause) texts.push(each.message, each.stack ?? '');
  return ['horse', 'battery'].filter((part) => texts.some((text) => text.includes(part)));
};
const faultOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => error,
  );

test('K33: a provider that repeats what it was asked brings no password into a fault, a test or a listing', async () => {
  const { control, catalog, proxy, target, machine } = bench;
  const vm = await machine('DC0_C0_RP0_VM0');
  proxy.spoil({ method: 'Login', do: 'repeat' });
  const read = await faultOf(control.read(vm, signal));
  expect(read).toMatchObject({
    name: 'ProviderFault',
    detail: expect.stringContaining('<password>[secret]</password>'),
  });
  expect(told(read)).toEqual([]);
  const probes = await catalog.test(target, signal);
  expect(probes.at(-1)).toMatchObject({ ok: false, detail: expect.stringContaining('[secret]') });
  const listed = catalog.list(target, signal)[Symbol.asyncIterator]().next();
  expect(told(await faultOf(listed))).toEqual([]);
});

test('K33: nor the cookie of the session', async () => {
  const { control, proxy, machine } = bench;
  const vm = await machine('DC0_C0_RP0_VM0');
  await control.read(vm, signal);
  proxy.spoil({ method: '*', do: 'repeat' });
  const read = await faultOf(control.read(vm, signal));
  expect(read).toMatchObject({ detail: expect.stringMatching(/vmware_soap_session="?\[secret\]"? Bad Request/) });
});

test("K33: nor a fault of the provider's own", async () => {
  const { control, proxy, vcsim, machine } = bench;
  const vm = await machine('DC0_C0_RP0_VM0');
  await control.read(vm, signal);
  const written = vcsim.password.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
  proxy.spoil({ method: '*', do: 'fault', type: 'SystemError', message: `it said ${written}` });
  const read = await faultOf(control.read(vm, signal));
  expect(read).toMatchObject({ detail: 'SystemError: it said [secret]' });
});

test('K33: nor why a machine is skipped', async () => {
  const { catalog, proxy, vcsim, target } = bench;
  const written = vcsim.password.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
  const odd = (xml: string) => xml.replaceAll('>poweredOn<', `>${written}<`);
  proxy.spoil({ method: 'RetrievePropertiesEx', do: 'rewrite', answer: odd });
  const why: string[] = [];
  for await (const { skipped } of catalog.list(target, signal)) why.push(...skipped.map((machine) => machine.why));
  expect(why.length).toBeGreaterThan(0);
  expect(new Set(why)).toEqual(new Set(['runtime.powerState is "[secret]"']));
});
