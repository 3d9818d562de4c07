// A client of the public HTTP surface, as a customer would write it, and ways to wait for an answer. Never: look into the
// data directory or the process from here; what a story learns by this client, any client can learn.
import { randomUUID } from 'node:crypto';
import {
  hasEnded,
  type Connection,
  type PublicFact,
  type FleetSummary,
  type Operation,
  type Page,
  type Problem,
  type Vm,
} from '@drover/contracts';

/** An answer, read. `body` is what the caller expects it to be; a refusal is a Problem. */
export interface Answer<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

type Headers_ = Readonly<Record<string, string>>;

/** Asks until the answer is good, `ms` at most; the last answer is the story's to judge. */
export const until = async <Answered>(
  ask: () => Promise<Answered>,
  good: (answer: Answered) => boolean,
  ms = 20_000,
) => {
  const end = performance.now() + ms;
  for (;;) {
    const answer = await ask();
    if (good(answer) || performance.now() > end) return answer;
    await new Promise((done) => setTimeout(done, 50));
  }
};

/** Sends until somebody answers: the same key each time, as a client should. It gives up when the story is over. */
export const surely = async <Body>(send: () => Promise<Answer<Body>>, over: AbortSignal) => {
  for (;;) {
    const answer = await send().catch(() => null);
    over.throwIfAborted();
    if (answer && answer.status !== 503) return answer;
    await new Promise((done) => setTimeout(done, 50));
  }
};

/** A client of the public HTTP surface, and of nothing else. */
export const apiOf = (url: string, token: string) => {
  const authorization = `Bearer ${token}`;

  const send = async <Body>(
    method: string,
    path: string,
    payload?: unknown,
    headers: Headers_ = {},
  ): Promise<Answer<Body>> => {
    const answer = await fetch(`${url}${path}`, {
      method,
      redirect: 'manual',
      headers: { authorization, ...(payload !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(payload !== undefined && { body: typeof payload === 'string' ? payload : JSON.stringify(payload) }),
    });
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.includes('json') ?? false;
    return { status: answer.status, headers: answer.headers, body: (isJson && text ? JSON.parse(text) : text) as Body };
  };
  const get = <Body>(path: string, headers?: Headers_) => send<Body>('GET', path, undefined, headers);
  /** A request has a key of its own unless it is given one. */
  const post = <Body = Operation>(path: string, payload: unknown = {}, headers: Headers_ = {}) =>
    send<Body>('POST', path, payload, { 'idempotency-key': randomUUID(), ...headers });

  return {
    url,
    authorization,
    send,
    get,
    post,
    vms: (query = '') => get<Page<Vm>>(`/api/v1/vms${query}`),
    vm: (id: string, query = '') => get<Vm>(`/api/v1/vms/${id}${query}`),
    history: (id: string) => get<Page<PublicFact>>(`/api/v1/vms/${id}/history?limit=200`),
    fleet: () => get<FleetSummary>('/api/v1/fleet'),
    /** All events that fit, to the last of now. */
    events: async (query = '') => {
      const events: PublicFact[] = [];
      for (let after = ''; ;) {
        const { items, next } = (await get<Page<PublicFact>>(`/api/v1/events?limit=200${query}${after}`)).body;
        events.push(...items);
        if (items.length === 0) return events;
        after = `&after=${next ?? items.at(-1)?.position ?? ''}`;
      }
    },
    connections: () => get<Page<Connection>>('/api/v1/connections'),
    operation: (id: string) => get<Operation>(`/api/v1/operations/${id}`),
    problem: (path: string, payload?: unknown, headers?: Headers_) => post<Problem>(path, payload, headers),
    /** A request whose end is waited for. */
    done: async (path: string, payload: unknown = {}, headers: Headers_ = {}): Promise<Operation> => {
      const { body } = await post(path, payload, { prefer: 'wait=55', ...headers });
      if (!('state' in body) || hasEnded(body)) return body;
      const last = await until(
        () => get<Operation>(`/api/v1/operations/${body.id}`),
        (answer) => hasEnded(answer.body),
        60_000,
      );
      return last.body;
    },
  };
};

/** A client, for signatures. */
export type Api = ReturnType<typeof apiOf>;
