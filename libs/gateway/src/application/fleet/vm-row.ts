import type { Vm } from '@drover/contracts';
import type { Instant } from '@drover/kernel';
import { shownPower, untold, type PowerSources } from './power-sources.js';

/** A machine as the view keeps it: all of `Vm` but what depends on the moment of reading. */
export type VmRow = Omit<Vm, 'actions' | 'asOf' | 'stale' | 'staleReason' | 'version' | 'power'> & {
  readonly power: Omit<Vm['power'], 'uptimeSeconds'>;
  /** Whether inventory told of it. Power may be heard first; such a machine is shown to nobody yet. */
  readonly known: boolean;
  readonly simulated: boolean;
  /** The machine that it turned out to be. */
  readonly mergedInto: Vm['id'] | null;
  readonly bootAt: Instant | null;
  /** What the shown power is made from. */
  readonly sources: PowerSources;
  /** The last published sequence of its inventory stream, and of its power stream. */
  readonly i: number;
  readonly p: number;
};

/** The lifecycles of whoever is, or is to be. */
export const LIVING = ['expected', 'initializing', 'active'] as const;

/** A machine of which nothing is known but that there is one. */
export const unknownVm = (id: Vm['id'], at: Instant): VmRow => ({
  id,
  name: id,
  kind: 'machine',
  aliases: [],
  connectionId: null,
  groupIds: [],
  displayName: null,
  description: '',
  labels: {},
  type: 'server',
  lifecycle: { state: 'expected', since: at, cause: null },
  power: {
    state: 'unknown',
    tools: 'unknown',
    lastChangeAt: null,
    heldByRunId: null,
    desired: null,
    observedAt: null,
    lastKnown: null,
  },
  protection: {
    state: 'discovered',
    jobId: null,
    runId: null,
    lastSyncAt: null,
    rpoSeconds: null,
    rpoMet: null,
    since: at,
  },
  health: { state: 'unknown', reasons: [], lastContactAt: null },
  reported: null,
  hardware: null,
  operations: { power: null, protection: null },
  locked: false,
  unclaimed: false,
  worker: false,
  known: false,
  simulated: false,
  mergedInto: null,
  bootAt: null,
  sources: untold,
  i: 0,
  p: 0,
});

/** The row with the power that its sources come to. */
export const withPower = (row: VmRow, sources: PowerSources): VmRow => {
  const { bootAt, ...power } = shownPower(sources);
  return { ...row, sources, bootAt, power: { ...row.power, ...power } };
};
