// Clients of the event stream: one that reads frames, and one that comes back after every cut with its last id. Never:
// forgive what the protocol forbids; the parser is as strict as a simple client.
/** One frame of a stream, as it came. */
export interface Frame {
  readonly id?: string;
  readonly event?: string;
  readonly data?: string;
  readonly retry?: string;
  readonly comment?: string;
}

/** Reads a stream's text into frames. */
export const framesOf = async function* (body: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of body) {
    const parts = (rest + decoder.decode(bytes, { stream: true })).split('\n\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      const frame: Record<string, string> = {};
      for (const line of part.split('\n')) {
        const at = line.indexOf(':');
        frame[at === 0 ? 'comment' : line.slice(0, at)] = line.slice(at + 1).trim();
      }
      yield frame;
    }
  }
};

/** An open stream. `frames` grows; `closed` resolves when the server or the story ends it. */
export const openStream = async (url: string, authorization: string, query = '', lastEventId?: string) => {
  const stop = new AbortController();
  const answer = await fetch(`${url}/api/events/stream${query}`, {
    headers: { authorization, accept: 'text/event-stream', ...(lastEventId && { 'last-event-id': lastEventId }) },
    signal: stop.signal,
  });
  const frames: Frame[] = [];
  const listeners = new Set<() => void>();
  const read = async () => {
    if (!answer.body) return;
    for await (const frame of framesOf(answer.body as AsyncIterable<Uint8Array>)) {
      frames.push(frame);
      for (const told of listeners) told();
    }
  };
  const closed = read().catch(() => undefined);
  /** Resolves with the first frame, seen already or to come, that fits. */
  const find = (fits: (frame: Frame) => boolean, ms = 20_000) =>
    new Promise<Frame>((done, fail) => {
      const look = () => {
        const found = frames.find(fits);
        if (!found) return;
        clearTimeout(late);
        listeners.delete(look);
        done(found);
      };
      const late = setTimeout(() => fail(new Error(`no such frame within ${ms} ms; ${frames.length} others came`)), ms);
      listeners.add(look);
      look();
    });
  return { status: answer.status, headers: answer.headers, frames, find, closed, close: () => stop.abort() };
};

/**
 * A client that comes back after every cut with the last id it has seen, to one address or to the next of several, and
 * keeps each fact it was told.
 */
export const keptStream = (urls: string | readonly [string, ...string[]], authorization: string) => {
  const addresses = typeof urls === 'string' ? ([urls] as const) : urls;
  const facts: {
    readonly id: string;
    readonly event: { readonly id: string; readonly source: string; readonly type: string };
  }[] = [];
  const resets: Frame[] = [];
  let last: string | undefined;
  let ended = false;
  let current: { close(): void } | null = null;
  const run = async () => {
    for (let turn = 0; !ended; turn += 1) {
      try {
        const stream = await openStream(addresses[turn % addresses.length] ?? addresses[0], authorization, '', last);
        current = stream;
        let seen = 0;
        const take = () => {
          for (const frame of stream.frames.slice(seen)) {
            seen += 1;
            if (frame.id) last = frame.id;
            if (frame.event === 'reset') resets.push(frame);
            if (frame.id && frame.data && frame.event?.startsWith('io.drover.'))
              facts.push({ id: frame.id, event: JSON.parse(frame.data) as (typeof facts)[number]['event'] });
          }
        };
        const reading = setInterval(take, 20);
        await stream.closed;
        clearInterval(reading);
        take();
      } catch {
        // Nobody listens at the moment: a house that is down comes back.
      }
      if (!ended) await new Promise((done) => setTimeout(done, 50));
    }
  };
  const running = run();
  return {
    facts,
    resets,
    last: () => last,
    /** Cuts it, so that it goes on at the next address. */
    cut: () => current?.close(),
    end: async () => {
      ended = true;
      current?.close();
      await running;
    },
  };
};
