// Readers with eyes, for specs, and how they are let in.
import type { CloudEvent } from '@drover/contracts';
import { isRejection, type Actor, type Json, type Rejection } from '@drover/kernel';
import type { liveStreams, Sink } from '@drover/api';
import type { GatewayUseCases } from '../application/gateway.use-cases.js';
import { granted, turn, viewer } from '../application/testing.js';

/** A frame as a reader sees it. */
export interface SeenFrame {
  readonly event: string | null;
  readonly id: string | null;
  readonly data: Json;
  readonly comment: string | null;
}

/** The frames in a text. */
export const framesIn = (text: string): readonly SeenFrame[] =>
  text
    .split('\n\n')
    .filter((block) => block !== '' && !block.startsWith('retry:'))
    .map((block) => {
      const field = (name: string) =>
        block
          .split('\n')
          .find((line) => line.startsWith(`${name}: `))
          ?.slice(name.length + 2);
      const data = field('data');
      return {
        ...{ event: field('event') ?? null, id: field('id') ?? null, comment: block.startsWith(':') ? block : null },
        data: data === undefined ? null : (JSON.parse(data) as Json),
      };
    });

/** A reader in this process. `stall` makes it stop reading, `cut` breaks the line. */
export const reader = () => {
  let [text, full, ended] = ['', false, false];
  const drains: (() => void)[] = [];
  const closes: (() => void)[] = [];
  const sink: Sink = {
    write: (bytes) => {
      text += bytes.toString();
      return !full;
    },
    end: () => void (ended = true),
    destroy: () => void (ended = true),
    onDrain: (call) => void drains.push(call),
    onClose: (call) => void closes.push(call),
  };
  const frames = () => framesIn(text);
  const facts = () => frames().filter(({ event, id }) => id !== null && event !== 'bookmark');
  return {
    sink,
    frames,
    facts,
    text: () => text,
    named: (name: string) => frames().filter(({ event }) => event === name),
    ids: () => facts().map(({ id }) => id),
    lastId: () => frames().findLast(({ id }) => id !== null)?.id ?? null,
    ended: () => ended,
    stall: () => void (full = true),
    read: () => {
      full = false;
      for (const call of drains) call();
    },
    cut: () => {
      for (const call of closes) call();
    },
  };
};

/** Facts as a reader got them. */
export const eventOf = ({ data }: SeenFrame) => data as CloudEvent;

type AskedStream = Partial<Parameters<GatewayUseCases['streamEvents']>[0]>;

/** How readers come into a gateway: by its query, and by the streams of its door. */
export const letIn = (gateway: Pick<GatewayUseCases, 'streamEvents'>, streams: ReturnType<typeof liveStreams>) => {
  /** A stream as the door opens it, or why it does not. */
  const openStream = async (asked: AskedStream = {}, actor: Actor = viewer) => {
    const stream = await gateway.streamEvents({ snapshot: false, on_gap: 'reset', ...asked }, actor);
    const refusal = isRejection(stream) ? stream : streams.refusal();
    if (refusal || isRejection(stream)) return refusal as Rejection;
    const me = reader();
    streams.open(stream, me.sink);
    return me;
  };
  /** A reader that was let in and has read what there is. */
  const connect = async (...asked: Parameters<typeof openStream>) => {
    const me = granted(await openStream(...asked));
    for (let i = 0; i < 20; i++) await turn();
    return me;
  };
  return { openStream, connect };
};
