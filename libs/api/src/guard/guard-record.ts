// Records what the door refused. Never: an answer before the record of somebody who is known is durable, or a record for
// each request of somebody who is not.
import { problemOf } from '@drover/contracts';
import { reject, type Actor } from '@drover/kernel';
import { Refused } from '../answers/refused.js';
import type { GuardFact, GuardPorts } from './guard-ports.js';
import type { Requester } from './identity.js';

/** Of those who are known each denial is recorded before it is answered; the others are counted. */
export const recordAtDoor = async (
  fact: GuardFact,
  { actor, identity }: { readonly actor: Actor; readonly identity: Requester | null },
  { strangers, audit }: Pick<GuardPorts, 'strangers' | 'audit'>,
): Promise<void> => {
  if (!identity && strangers) {
    const code = fact.type === 'AuditDenialRecorded' ? fact.code : 'credentials_in_query_rejected';
    return strangers.denied({ route: fact.route, code }, actor.ip);
  }
  await audit.record(fact, actor).catch((cause: unknown) => {
    const because = 'What was asked is to be recorded, and that could not be. Nothing was done.';
    throw new Refused(problemOf(reject('audit_unavailable', because)), { cause });
  });
};
