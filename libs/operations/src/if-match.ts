// Keeps a command from a stream that changed since the client read it. Never: a condition that cannot be read taken for
// none; whoever asks refuses it before.
import { sequenceIn } from '@drover/contracts';
import type { Actor } from '@drover/kernel';
import type { CommandContext } from '@drover/ports';

/** The context of a command, kept from a stream that has changed since whoever asks has read it (`If-Match`). */
export const ifMatched = (context: CommandContext, { ifMatch }: Actor, part: 'i' | 'p'): CommandContext => {
  const ifSequence = sequenceIn(ifMatch, part);
  return typeof ifSequence === 'number' ? { ...context, ifSequence } : context;
};
