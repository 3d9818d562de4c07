import { expect, it } from '@jest/globals';
import { memoryEventStore, ProviderFault, streamsOf, virtualClock } from '@drover/ports';
import { signInDecider } from '../../domain/sign-in.decider.js';
import type { DirectoryEntry } from '../directory/directory.js';
import { callProvider } from './call-provider.js';

const entry: DirectoryEntry = { vm: {} as DirectoryEntry['vm'], connection: null };
type Made = (signal: AbortSignal, onTurn: () => void) => Promise<string>;

/** A call of one second, and how it ended: what it brought, or the code of its fault and whether it was sent; and when. */
const open = () => {
  const clock = virtualClock();
  const ports = { clock, signIns: streamsOf(signInDecider, memoryEventStore(), { isPublic: () => false }) };
  const ended = async (call: Made, fromTurnMs?: () => number) => {
    const made = await callProvider(entry, { ms: 1_000, ...(fromTurnMs && { fromTurnMs }) }, ports, call);
    const end = made.is === 'failed' ? `${made.fault.code}: ${made.fault.detail} (${made.sent})` : made.answer;
    return [end, clock.monotonic()];
  };
  return { clock, ended };
};
const aborted = (signal: AbortSignal) =>
  new Promise<void>((done) => signal.addEventListener('abort', () => done(), { once: true }));
/** It does what is to be done when its time is over. */
const late =
  (then: () => string): Made =>
  async (signal) => {
    await aborted(signal);
    return then();
  };
const throws = (sent: ProviderFault['sent']) => () => {
  throw new ProviderFault('busy', 'its words', sent);
};
const silent: Made = () => new Promise(() => {});

it.each([
  ['a call that was never sent says so itself', late(throws('no')), 'busy: its words (no)', 1_000],
  ['one that was sent may have been taken', late(throws('maybe')), 'no_answer: no answer within 1 s (maybe)', 1_000],
  ['an answer that comes at the last moment is one', late(() => 'taken'), 'taken', 1_000],
  ['one that does not listen is left alone', silent, 'no_answer: no answer within 1 s (maybe)', 1_500],
] as const)('at the end of the time of a call that changes something %s', async (_, call, ...end) => {
  const { clock, ended } = open();
  const made = ended(call, () => 1_000);
  await clock.advance(5_000);
  expect(await made).toEqual(end);
});

it.each([
  ['of one that listens', late(throws('no'))],
  ['of one that does not', silent],
])('nobody waits for the last word of a look: %s', async (_, call) => {
  const { clock, ended } = open();
  const made = ended(call);
  await clock.advance(5_000);
  expect(await made).toEqual(['no_answer: no answer within 1 s (maybe)', 1_000]);
});

it('a call that has its turn has all of its time, whatever it has waited for it', async () => {
  const { clock, ended } = open();
  const made = ended(
    async (signal, onTurn) => {
      await new Promise<void>((done) => clock.after(900, done));
      onTurn();
      return late(throws('maybe'))(signal, onTurn);
    },
    () => 3_000,
  );
  await clock.advance(5_000);
  expect(await made).toEqual(['no_answer: no answer within 3 s (maybe)', 3_900]);
});

it('a turn that comes when the time is over gives no more', async () => {
  const { clock, ended } = open();
  const made = ended(
    async (signal, onTurn) => {
      await aborted(signal);
      onTurn();
      return silent(signal, onTurn);
    },
    () => 3_000,
  );
  await clock.advance(5_000);
  expect(await made).toEqual(['no_answer: no answer within 1 s (maybe)', 1_500]);
});
