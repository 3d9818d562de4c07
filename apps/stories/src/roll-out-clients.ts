// Clients that ask without a pause while processes come and go: each reads, or lists, or switches machines, or waits for events,
// at one process after the other. Every answer is noted. Never: a second try; what a process that serves does not answer well is
// what the story is to find.
import { hasEnded, type PublicFact, type Operation, type Page, type Vm } from '@drover/contracts';
import type { Answer, Api } from './api.js';

/** A process that serves: lists that were begun at it are read on at those of the same shape. */
export interface Serving {
  readonly name: string;
  readonly shape: string;
  readonly api: Api;
}

/** What a client was answered, by which process, in which phase of the roll-out. */
export interface Answered {
  readonly client: string;
  readonly by: string;
  readonly phase: string;
  readonly path: string;
  readonly status: number;
  readonly ms: number;
}

/** What they are told to use. `cursors`: places that were given before. */
interface Given {
  readonly machines: readonly Vm[];
  readonly cursors: readonly string[];
  readonly fleet: number;
}

const PAGE = 50;
const eventIds = (items: readonly PublicFact[]) => items.map(({ source, id }) => `${source} ${id}`);

/** Clients at work, from now on. */
export const rollOutClients = (first: readonly Serving[], { machines, cursors, fleet }: Given) => {
  let [serving, phase, turn] = [first, 'before', 0];
  const over = new AbortController();
  const answers: Answered[] = [];
  const wrong: unknown[] = []; // what was answered, and is not so
  const operations: Operation[] = [];
  const waited: string[] = [];

  const next = (of: (each: Serving) => boolean = () => true): Serving => {
    const able = serving.filter(of);
    const one = able[turn++ % able.length];
    if (!one) throw new Error('nobody serves');
    return one;
  };
  const at = async <Body>(client: string, by: Serving, path: string, ask: (api: Api) => Promise<Answer<Body>>) => {
    const [began, before] = [phase, performance.now()];
    const answer = await ask(by.api).catch((error: unknown) => {
      answers.push({ client, by: by.name, phase: began, path: `${path}: ${String(error)}`, status: 0, ms: 0 });
      throw error;
    });
    const ms = performance.now() - before;
    answers.push({ client, by: by.name, phase: began, path, status: answer.status, ms });
    if (answer.status >= 400) throw new Error(`${client}: ${path} at ${by.name}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const get = <Body>(client: string, by: Serving, path: string) => at(client, by, path, (api) => api.get<Body>(path));

  /** Goes on until the story is over; what failed is noted, and it begins again. */
  const running = (round: (n: number) => Promise<void>) =>
    (async () => {
      for (let n = 0; !over.signal.aborted; n++) {
        await round(n).catch((error: unknown) => void wrong.push(error));
        await new Promise((done) => setTimeout(done, 20));
      }
    })();

  const reads = running(async (n) => {
    const { id } = machines[n % machines.length] as Vm;
    const [cursor = ''] = cursors.slice(n % cursors.length);
    const path = [
      '/vms?limit=5',
      `/vms/${id}`,
      `/vms/${id}/history?limit=5`,
      '/operations?limit=5',
      '/fleet',
      '/connections',
    ];
    for (const each of [...path, `/events?after=${cursor}&limit=20`]) await get('reads', next(), `/api/v1${each}`);
  });

  const lists = running(async () => {
    const begun = next();
    const seen: string[] = [];
    let [by, cursor]: [Serving, string | null] = [begun, ''];
    while (cursor !== null) {
      const from: string = cursor && `&cursor=${encodeURIComponent(cursor)}`;
      const page: Page<Vm> = await get('lists', by, `/api/v1/vms?limit=${PAGE}&sort=name${from}`);
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.next;
      if (!serving.some(({ shape }) => shape === begun.shape)) return; // all of its shape have gone
      by = next(({ shape }) => shape === begun.shape);
    }
    if (new Set(seen).size !== fleet || seen.length !== fleet) wrong.push({ listed: seen.length, of: fleet });
  });

  const switches = running(async (n) => {
    const { id } = machines[Math.floor(n / 2) % machines.length] as Vm;
    const verb = n % 2 === 0 ? 'power-off' : 'power-on';
    const path = `/api/v1/vms/${id}/actions/${verb}`;
    let operation = await at('switches', next(), path, (api) => api.post(path, n % 2 === 0 ? { mode: 'hard' } : {}));
    while (!hasEnded(operation)) {
      await new Promise((done) => setTimeout(done, 50));
      operation = await get<Operation>('switches', next(), `/api/v1/operations/${operation.id}`);
    }
    operations.push(operation);
  });

  let place = cursors.at(-1) ?? '';
  const waits = running(async () => {
    const { items, position } = await get<Page<PublicFact>>(
      'waits',
      next(),
      `/api/v1/events?after=${place}&wait=5&limit=200`,
    );
    waited.push(...eventIds(items));
    place = position;
  });

  return {
    answers,
    wrong,
    operations,
    /** The events that whoever waits was told, from the last of the given cursors on. */
    waited,
    waitedUpTo: () => place,
    /** What happens now, and who serves from now on. */
    now: (what: string, who: readonly Serving[]) => {
      [phase, serving] = [what, who];
    },
    end: async () => {
      over.abort();
      await Promise.all([reads, lists, switches, waits]);
    },
  };
};
