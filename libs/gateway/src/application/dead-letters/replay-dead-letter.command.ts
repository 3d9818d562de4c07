import * as z from 'zod';
import { ReasonBody } from '@drover/contracts';
import { assertNever, defineCommand, LetterId, reject, type Rejection } from '@drover/kernel';
import type { Audit } from '@drover/ports';
import { elsewhere, letterOf, noLetter, type DeadLetterPorts } from './get-dead-letter.query.js';

/** What the handler may touch. */
export interface ReplayDeadLetterPorts extends DeadLetterPorts {
  readonly audit: Audit;
}

/** Takes what is parked of a key again, in order: the events keep their ids, and positions do not matter. */
export const replayDeadLetter = defineCommand({
  name: 'dead-letter.replay',
  input: z.strictObject({ id: LetterId.schema, ...ReasonBody.shape }),
  needs: () => ['settings:admin'],
  async handle(
    { id },
    actor,
    { deadLetters, audit }: ReplayDeadLetterPorts,
  ): Promise<null | Rejection<'not_found' | 'wrong_state' | 'not_ready'>> {
    if (!(await letterOf(id, { deadLetters }))) return noLetter();
    if (actor.dryRun) return null;
    await audit.record({ type: 'AuditActionRecorded', command: 'dead-letter.replay', target: id }, actor);
    const replayed = await deadLetters.replay(id);
    switch (replayed.is) {
      case 'taken':
        return null;
      case 'gone': // somebody else was faster
        return noLetter();
      case 'elsewhere':
        return elsewhere();
      case 'failed':
        return reject('wrong_state', `The event still cannot be taken, and everything stays parked: ${replayed.why}`);
      case 'held':
        return reject(
          'wrong_state',
          `The event was taken. One behind it cannot be, and stays parked with what follows it: ${replayed.why}`,
        );
      default:
        return assertNever(replayed);
    }
  },
});
