// The last verdict of power on each machine, and whether a reading confirmed it. Never: two writes at once; whoever hears
// and whoever confirms take turns.
import type { PowerState, RecordedOrder, VmId } from '@drover/kernel';
import { inTurn, type Move, type ViewDefinition, type ViewGroup, type Write, allRows } from '@drover/ports';
import type { VerdictRef } from '../../domain/vm.events.js';

/**
 * The last verdict of power on a machine that inventory has heard. `confirmed`: what inventory has of the machine is not
 * older than the verdict; else the machine has to be read once more.
 */
export type PowerVerdict = {
  readonly vmId: VmId;
  readonly power: PowerState;
  readonly confirmed: boolean;
} & VerdictRef &
  RecordedOrder;

/** One row for each machine that power has switched. The view keeps the name that it was stored under. */
export const powerVerdictsView = {
  view: 'heard-verdicts',
  revision: 1,
  index: { unconfirmed: ({ confirmed }: PowerVerdict) => (confirmed ? null : true) },
} as const satisfies ViewDefinition<PowerVerdict>;

/** The rows are written by whoever hears a verdict and by whoever confirms it: one after the other. */
export interface PowerVerdicts {
  get(vmId: VmId): Promise<PowerVerdict | null>;
  unconfirmed(): Promise<readonly PowerVerdict[]>;
  /** Keeps what was heard, and moves the position up to which power was heard. */
  hear(verdicts: readonly PowerVerdict[], source: string, move: Move): Promise<void>;
  /** Notes that a verdict is confirmed, unless a later one was heard meanwhile. */
  confirm(heard: PowerVerdict): Promise<void>;
}

/** Under which source confirmations are committed: the views take none without. */
const CONFIRMED = 'confirmed-verdicts';

/** The rows of a group that has the view. */
export const powerVerdicts = (group: ViewGroup): PowerVerdicts => {
  const rows = group.view<PowerVerdict>(powerVerdictsView.view);
  const put = (row: PowerVerdict): Write => ({ view: powerVerdictsView.view, key: row.vmId, row });
  const oneByOne = inTurn();
  return {
    get: (vmId) => rows.get(vmId),
    unconfirmed: () => allRows(rows, { unconfirmed: [true] }),
    hear: (verdicts, source, move) =>
      oneByOne(async () => {
        const revision = await group.revision();
        const last = new Map<VmId, PowerVerdict>();
        for (const verdict of verdicts) {
          const known = last.get(verdict.vmId) ?? (await rows.get(verdict.vmId));
          if (!known || known.sequence < verdict.sequence) last.set(verdict.vmId, verdict);
        }
        await group.commit({ source, ...move, revision, writes: [...last.values()].map(put) });
      }),
    confirm: (heard) =>
      oneByOne(async () => {
        const revision = await group.revision();
        if ((await rows.get(heard.vmId))?.sequence !== heard.sequence) return;
        const from = await group.checkpoint(CONFIRMED);
        const writes = [put({ ...heard, confirmed: true })];
        await group.commit({ source: CONFIRMED, from, upTo: from + 1, revision, writes });
      }),
  };
};
