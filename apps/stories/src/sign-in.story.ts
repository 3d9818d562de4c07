// A browser's way in and out: single-use links, the session cookie, foreign origins refused, sign-out. Tokens of programs
// are in the other stories.
import { expect, it } from '@jest/globals';
import { startedHouse, within, openHouse } from './house.js';

const linkIn = (said: string) => /(http:\S+\/api\/auth\/link\/\S+)/.exec(said)?.[1] ?? '';
const follow = (link: string) => fetch(link, { redirect: 'manual' });
const cookieOf = (answer: Response) => (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';

it(
  'a link signs a browser in once; another can be printed; signing out ends it',
  async () => {
    await using house = await openHouse();
    const link = linkIn(await house.start());
    const first = await follow(link);
    expect([first.status, first.headers.get('location')]).toEqual([303, '/api/docs']);
    const set = first.headers.get('set-cookie') ?? '';
    expect(set).toMatch(/^drover_sid=.*HttpOnly.*SameSite=Strict/);
    const cookie = cookieOf(first);
    const session = await fetch(`${house.url}/api/auth/session`, { headers: { cookie } });
    expect(await session.json()).toMatchObject({ authenticated: true });
    expect((await fetch(`${house.url}/api/v1/fleet`, { headers: { cookie } })).status).toBe(200);
    expect((await follow(link)).status).toBe(401);

    const { code, said, complained } = await house.task(['login-link']);
    expect([code, complained]).toEqual([0, '']);
    expect((await follow(linkIn(said))).status).toBe(303);

    const vm = (await house.api().vms('?power=poweredOn&limit=1')).body.items[0];
    const forged = await fetch(`${house.url}/api/v1/vms/${vm?.id}/actions/power-off`, {
      method: 'POST',
      headers: { cookie, origin: 'https://evil.test', 'idempotency-key': 'k' },
    });
    expect(forged.status).toBe(403);

    const away = { cookie, 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' };
    expect((await fetch(`${house.url}/api/auth/logout`, { headers: away, redirect: 'manual' })).status).toBe(403);
    const several = await fetch(`${house.url}/api/v1/fleet`, { headers: { cookie: `drover_sid=bad; ${cookie}` } });
    expect(several.status).toBe(200);

    const left = await fetch(`${house.url}/api/auth/logout`, {
      method: 'POST',
      headers: { cookie, origin: house.url, 'x-drover-csrf': '1' },
    });
    expect(left.status).toBe(204);
    expect((await fetch(`${house.url}/api/v1/fleet`, { headers: { cookie } })).status).toBe(401);
  },
  within,
);

it(
  'a link that is printed while nothing runs says so, and works after the start',
  async () => {
    await using house = await startedHouse({ DROVER_SIMULATOR_VMS: '0' });
    await house.stop();
    const { code, said, complained } = await house.task(['login-link']);
    expect([code, complained]).toEqual([
      0,
      `No Drover runs on ${house.dataDir}: the link works once one runs there and is reached at ${house.url}.\n`,
    ]);
    await house.start();
    expect((await follow(said.trim())).status).toBe(303);
  },
  within,
);

it(
  'has one page for the reader, one document for the machine',
  async () => {
    await using house = await startedHouse({ DROVER_SIMULATOR_VMS: '0' });
    expect((await fetch(`${house.url}/api/docs`)).headers.get('content-type')).toContain('text/html');
    expect(await (await fetch(`${house.url}/api/openapi.json`)).json()).toMatchObject({
      openapi: expect.stringMatching(/^3\.1/),
    });
    expect(await (await fetch(`${house.url}/api/asyncapi.json`)).json()).toMatchObject({
      asyncapi: expect.stringMatching(/^3/),
    });
    expect(await (await fetch(`${house.url}/problems/vm_suspended`)).text()).toContain('saved memory');
  },
  within,
);
