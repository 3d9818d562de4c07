import * as z from 'zod';
import { DiscardBody } from '@drover/contracts';
import { defineCommand, LetterId, type Rejection } from '@drover/kernel';
import type { Audit } from '@drover/ports';
import { elsewhere, letterOf, noLetter, type DeadLetterPorts } from './get-dead-letter.query.js';

/** What the handler may touch. */
export interface DiscardDeadLetterPorts extends DeadLetterPorts {
  readonly audit: Audit;
}

/** Gives up an event that its key waits for, for good, then takes what follows it. A repeat finds it gone. */
export const discardDeadLetter = defineCommand({
  name: 'dead-letter.discard',
  input: z.strictObject({ id: LetterId.schema, ...DiscardBody.shape }),
  needs: () => ['settings:admin'],
  async handle(
    { id },
    actor,
    { deadLetters, audit }: DiscardDeadLetterPorts,
  ): Promise<null | Rejection<'not_found' | 'not_ready'>> {
    if (!(await letterOf(id, { deadLetters }))) return noLetter();
    if (actor.dryRun) return null;
    await audit.record({ type: 'AuditActionRecorded', command: 'dead-letter.discard', target: id }, actor);
    const discarded = await deadLetters.discard(id);
    if (discarded === 'elsewhere') return elsewhere();
    return discarded ? null : noLetter(); // somebody else was faster
  },
});
