// Which machines of a bulk whoever asks may not work on. Never: a bulk refused for one of them, or a denial that is not
// recorded.
import { denialOf, ofVm, recordedDenial, type Actor, type JudgingPorts } from '@drover/kernel';
import type { BulkRequest, BulkItem } from '../../domain/bulk.events.js';
import { rightsFor } from '../../domain/power-request.js';

/**
 * Each machine that whoever asks may not work on, at the index where it was named; one that they may not even see is not
 * there. That it was tried is recorded once, with the first of them.
 */
export const deniedIn = async (
  { mode, targetIds }: BulkRequest,
  actor: Actor,
  ports: JudgingPorts,
): Promise<readonly BulkItem[]> => {
  const rights = rightsFor(mode);
  const judged = await Promise.all(targetIds.map(async (vmId) => denialOf(ofVm(vmId, rights), actor, ports.groupsOf)));
  const [first] = judged.filter((denial) => denial !== null);
  if (first && !actor.dryRun) await recordedDenial('bulk.start', first, actor, ports.denied);
  return judged.flatMap((denial, index) =>
    denial ? [{ index, operationId: null, code: denial.refusal.rejected }] : [],
  );
};
