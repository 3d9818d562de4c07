// One dead letter, and what its commands share: where letters are kept and what is answered when there is none. Never: a
// dead letter without `settings:admin`; it holds an event as it came, of whatever group.
import * as z from 'zod';
import { defineQuery, LetterId, reject } from '@drover/kernel';
import type { DeadLetters } from '@drover/ports';

/** Where dead letters are kept: with each reader of the process. */
export interface DeadLetterPorts {
  readonly deadLetters: DeadLetters;
}

/** A dead letter by its id; null when there is none. */
export const letterOf = async (id: LetterId, { deadLetters }: DeadLetterPorts) =>
  (await deadLetters.list()).find((letter) => letter.id === id) ?? null;

/** The answer when there is none. */
export const noLetter = () =>
  reject('not_found', 'There is no such dead letter: its event may have been taken or discarded. Nothing was done.');

/** The answer of a process that does not take what is parked: another one has the lease of the reader. */
export const elsewhere = () =>
  reject('not_ready', 'Another process takes what is parked here. Nothing was done.', { retryAfterSeconds: 1 });

/** One event that could not be taken, as it came. */
export const getDeadLetter = defineQuery({
  name: 'dead-letter.get',
  input: z.strictObject({ id: LetterId.schema }),
  needs: () => ['settings:admin'],
  handle: async ({ id }, _actor, ports: DeadLetterPorts) => (await letterOf(id, ports)) ?? noLetter(),
});
