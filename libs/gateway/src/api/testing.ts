// Readers with eyes, for specs.
import type { CloudEvent } from '@drover/contracts';
import type { Json } from '@drover/kernel';
import type { Sink } from '@drover/api';

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
