import type { Vm } from '@drover/contracts';
import type { Instant } from '@drover/kernel';

/** A machine as the view keeps it: all of `Vm` but what depends on the moment of reading. */
export type VmRow = Omit<Vm, 'actions' | 'asOf' | 'stale' | 'staleReason' | 'version' | 'power'> & {
  readonly power: Omit<Vm['power'], 'uptimeSeconds'>;
  /** Whether inventory told of it. Power may be heard first; such a machine is shown to nobody yet. */
  readonly known: boolean;
  readonly simulated: boolean;
  readonly bootAt: Instant | null;
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
  bootAt: null,
  i: 0,
  p: 0,
});

/** What was seen of a machine's power. */
export interface Sighting {
  readonly state: VmRow['power']['state'];
  readonly tools: VmRow['power']['tools'];
  readonly observedAt: Instant;
  readonly bootAt: Instant | null;
  /** Its provider cannot reach it: what was seen before is the last that is known. */
  readonly unreachable?: boolean;
  /** Told as the outcome of an operation: whether it is known to have changed then, whatever was seen before. */
  readonly outcome?: { readonly changed: boolean };
}

/**
 * The newest sighting counts, whichever service tells of it first; of one instant the provider's own reading, which
 * says more than the outcome that rests on it. An instant of change is never invented.
 */
export const seenAs = (
  row: VmRow,
  { state, tools, observedAt, bootAt, unreachable = false, outcome }: Sighting,
): VmRow => {
  const { power } = row;
  if (power.observedAt && observedAt < power.observedAt) return row;
  const changed = outcome?.changed ?? false;
  if (outcome && observedAt === power.observedAt) {
    const lastChangeAt = power.lastChangeAt ?? (changed ? observedAt : null);
    return { ...row, power: { ...power, lastChangeAt } };
  }
  const known = power.state !== 'unknown' && state !== 'unknown';
  const moved = changed || (known && power.state !== state);
  const boot = state === 'poweredOn' ? (bootAt ?? (moved ? null : row.bootAt)) : null;
  const lastChangeAt = boot ?? (moved ? observedAt : power.lastChangeAt);
  const lastKnown = unreachable ? lastKnownOf(power) : null;
  return { ...row, bootAt: boot, power: { ...power, state, tools, observedAt, lastChangeAt, lastKnown } };
};

const lastKnownOf = ({ state, observedAt, lastKnown }: VmRow['power']) =>
  state === 'unknown' || observedAt === null ? lastKnown : { state, at: observedAt };
