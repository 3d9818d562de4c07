// What power knows of its verbs, a verb a row: its calls, what speaks against it and what verifies it. Below the table, the
// mode and tools matrix and the evidence of a restart, which rows share. What a row does not say holds for every verb: see
// `next-step.ts`. Never: a decision on what is done next, or a rule that compares the provider's clock with ours.
import { assertNever, GuestTools, isRejection, reject } from '@drover/kernel';
import type { Instant, Mode, PowerState, ReadOrder, Rejection, Seen, Tools } from '@drover/kernel';
import type { Call, Proof } from './power-step.events.js';
import type { PowerRequest, PowerVerb } from './power-request.events.js';
import type { VerifiedBy } from './power.events.js';
import { lastCall, mayHaveActed, toolsRun, type OpenOperation } from './power.js';

/**
 * What a look found: whether it runs, whether its guest can be asked, since when it runs. `unknown`: its provider cannot
 * reach it, and shows what it knew last.
 */
export type MachineReading = ReadOrder & {
  readonly observedAt: Instant;
  readonly question: string | null;
  readonly template: boolean;
} & (
    | {
        readonly power: KnownPower;
        readonly tools: Tools;
        readonly bootAt: Instant | null;
        readonly uptimeSeconds: number | null;
        readonly lastKnown?: never;
      }
    | {
        readonly power: 'unknown';
        readonly tools: 'unknown';
        readonly bootAt: null;
        readonly uptimeSeconds: null;
        readonly lastKnown?: { readonly power: KnownPower };
      }
  );
type KnownPower = Exclude<PowerState, 'unknown'>;

/** Why a request is against the matrix. */
export type MatrixRefusal =
  'vm_suspended' | 'vm_not_ready' | 'tools_status_unknown' | 'graceful_shutdown_not_possible' | 'wrong_state';

/** What a decision on a step looks at. */
export type Judged = Pick<Seen, 'power' | 'tools'> & { readonly template?: boolean };

/** What a view says of a machine. `connectionState`: how its provider reaches it, when it does not. */
export type Viewed = Judged & { readonly connectionState?: string };

/** A view with the moment of which it is. */
export type DatedView = Viewed & { readonly observedAt: Instant };

/** A step that may be begun, or why nothing may be sent. */
export type FirstStep = Call | Rejection<MatrixRefusal>;

/** What a step of power asks of a provider. */
export type ProviderCall = 'shutdown-guest' | 'power-off' | 'power-on' | 'reboot-guest' | 'reset';

/** What every verified end says: when it was read so, and how long it took. */
type Done = Pick<VerifiedBy<PowerVerb>, 'op' | 'durationSeconds' | 'observedAt' | 'run' | 'n'>;

/** One verb: what may be sent for it, and by what it has come true. */
interface VerbRow<V extends PowerVerb> {
  /** The state that shows that it has come true. Null: no state does, so it is sent at most once and takes evidence. */
  readonly reaches: PowerState | null;
  /** The call of the provider that each of its steps is. */
  readonly calls: Readonly<Partial<Record<Call, ProviderCall>>>;
  /** The first step on a machine that is no template, or what speaks against it. */
  firstStep(request: PowerRequest<V>, seen: Judged): FirstStep;
  /** Whether it may be sent to a machine that its provider cannot reach. */
  unreached?(request: PowerRequest<V>): boolean;
  /** What a reading must show beside the state. */
  holds?(power: OpenOperation, reading: MachineReading): boolean;
  /** What is recorded once it was read to have come true. */
  ended(power: OpenOperation, reading: MachineReading, done: Done): VerifiedBy<V>;
}

/** Each verb, one a row: a verb of `power-request.events.ts` without its row does not compile. */
export const powerVerbs: { readonly [V in PowerVerb]: VerbRow<V> } = {
  'power-off': {
    reaches: 'poweredOff',
    calls: { graceful: 'shutdown-guest', forced: 'power-off' },
    firstStep: ({ mode }, { power, tools }) =>
      power === 'suspended' && mode !== 'hard'
        ? reject('vm_suspended', 'It is suspended: only a hard power-off ends that, and its saved memory is lost.')
        : byTools(mode, tools),
    unreached: ({ mode }) => mode === 'hard',
    ended: (power, reading, done) => ({
      ...{ type: 'VmPoweredOff', ...done, method: lastCall(power) === null ? 'already-off' : method(power) },
      previousState: before(power, reading),
    }),
  },
  'power-on': {
    reaches: 'poweredOn',
    calls: { start: 'power-on' },
    firstStep: () => 'start',
    holds: (power, { tools }) => !waitsForTools(power) || toolsRun(tools),
    ended: (power, reading, done) => ({
      ...{ type: 'VmPoweredOn', ...done, previousState: before(power, reading), tools: reading.tools },
    }),
  },
  restart: {
    reaches: null,
    calls: { graceful: 'reboot-guest', forced: 'reset' },
    firstStep: ({ mode }, { power, tools }) => {
      if (power === 'suspended')
        return reject('vm_suspended', 'It is suspended, so there is nothing to restart: power it on to resume it.');
      return power === 'poweredOff'
        ? reject('vm_not_ready', 'It is off, so there is nothing to restart: power it on.')
        : byTools(mode, tools);
    },
    holds: (power, reading) => restartProof(power, reading) !== null,
    ended: (power, reading, done) => ({
      ...{ type: 'VmRestarted', ...done, method: method(power), ...restartEvidence(power, reading) },
    }),
  },
};

/** As the operation found the machine. */
const before = ({ findings }: OpenOperation, { power }: MachineReading) =>
  findings.is === 'nothing' ? power : findings.first.power;
const method = (power: OpenOperation) => (lastCall(power) === 'graceful' ? 'graceful' : 'forced');

// The row of a kind takes what is of that kind: the compiler does not follow that through an index.
const rowOf = (kind: PowerVerb) => powerVerbs[kind] as VerbRow<PowerVerb>;

/** The call of the provider that a step of a verb is; nothing where the verb has no such step. */
export const callOf = (kind: PowerVerb, step: Call): ProviderCall | undefined => powerVerbs[kind].calls[step];

/** Whether no state shows that it has come true: then a call that may have been taken is never sent again. */
export const isSentOnce = ({ kind }: PowerRequest) => powerVerbs[kind].reaches === null;

/** Whether it may be sent to a machine that its provider cannot reach. */
export const mayGoUnreached = (request: PowerRequest) => rowOf(request.kind).unreached?.(request) ?? false;

/** The first step towards a request that has not come true yet, or why nothing may be sent. Asked before every step. */
export const firstStep = (request: PowerRequest, seen: Judged): FirstStep =>
  seen.template
    ? reject('wrong_state', 'It is a template: make it a machine again first.')
    : rowOf(request.kind).firstStep(request, seen);

/**
 * What a view says against a request that is only tried. It refuses, it never grants: whether a request came true
 * already, only a fresh look says.
 */
export const againstMatrix = (request: PowerRequest, view: Viewed): Rejection<MatrixRefusal> | null => {
  const { power, template, connectionState } = view;
  if (!template && power === 'unknown')
    return connectionState === undefined || mayGoUnreached(request)
      ? null
      : reject('vm_not_ready', `Its provider cannot reach it (${connectionState}).`);
  if (!template && power === powerVerbs[request.kind].reaches) return null;
  const step = firstStep(request, view);
  return isRejection(step) ? step : null;
};

/** What speaks against it by the view, which says of which moment that is. */
export const againstView = (request: PowerRequest, view: DatedView): Rejection<MatrixRefusal> | null => {
  const refusal = againstMatrix(request, view);
  return refusal && { ...refusal, because: `${refusal.because} Nothing was sent.`, asOf: view.observedAt };
};

/** Whether a reading shows that the request came true. */
export const proves = (power: OpenOperation, reading: MachineReading): boolean => {
  const { reaches, holds } = rowOf(power.request.kind);
  return (reaches === null || reading.power === reaches) && (holds?.(power, reading) ?? true);
};

/** The wanted state was read: what is recorded of that, and of how it came about. */
export const verifiedEnd = (power: OpenOperation, op: number, reading: MachineReading, durationSeconds: number) => {
  const { observedAt, run, n } = reading;
  return rowOf(power.request.kind).ended(power, reading, { op, durationSeconds, observedAt, run, n });
};

/** Mode × tools, for a machine that can be switched either way. */
export const byTools = (mode: Mode, tools: Seen['tools']): FirstStep => {
  if (mode === 'hard') return 'forced';
  switch (tools) {
    case GuestTools.running:
    case GuestTools.outdated:
      return 'graceful';
    case GuestTools.stopped:
    case GuestTools.absent:
      return mode === 'trySoft'
        ? 'forced'
        : reject(
            'graceful_shutdown_not_possible',
            `The guest tools do not run (${tools}), so the guest cannot be asked.`,
          );
    case 'unknown':
      return reject('tools_status_unknown', 'It is not known whether the guest can be asked.');
    default:
      return assertNever(tools);
  }
};

/** Without tools before the start there are none to wait for; a machine that was on already is not waited for. */
const waitsForTools = ({ request, findings, phase }: OpenOperation) =>
  request.kind === 'power-on' &&
  request.waitForTools &&
  phase.is !== 'requested' &&
  !(findings.is !== 'nothing' && findings.first.tools === GuestTools.absent);

/** On, and what is missing are the tools. */
export const lacksTools = (power: OpenOperation, reading: MachineReading) =>
  power.request.kind === 'power-on' &&
  reading.power === 'poweredOn' &&
  waitsForTools(power) &&
  !toolsRun(reading.tools);

/** Both by the provider's clock. */
const bootedSince = (earlier: Instant | null, { bootAt }: MachineReading) =>
  earlier !== null && bootAt !== null && bootAt > earlier;

/** By what a reading verifies a restart that was sent, or may have been; null when it does not. */
const restartProof = (power: OpenOperation, reading: MachineReading): Proof | null => {
  const { phase } = power;
  if (reading.power !== 'poweredOn' || !mayHaveActed(power) || !('runBefore' in phase)) return null;
  const { runBefore } = phase;
  if (bootedSince(runBefore.bootAt, reading)) return 'boot';
  const [uptimeBefore, uptime] = [runBefore.uptimeSeconds, reading.uptimeSeconds];
  if (uptimeBefore !== null && uptime !== null && uptime < uptimeBefore) return 'uptime';
  if (phase.is === 'sent' && phase.step === 'forced' && phase.task !== null) return 'task';
  return 'toolsAway' in phase && phase.toolsAway && toolsRun(reading.tools) ? 'tools' : null;
};

/** What the verification of a restart rests on. */
const restartEvidence = (power: OpenOperation, reading: MachineReading) => {
  const [proof, { phase }, { bootAt, uptimeSeconds }] = [restartProof(power, reading), power, reading];
  return {
    ...(proof !== null && { proof }),
    ...(phase.is === 'sent' && phase.task !== null && { task: phase.task }),
    ...(bootAt !== null && { bootAt }),
    ...(uptimeSeconds !== null && { uptimeSeconds }),
  };
};

/**
 * Whether a machine that is on may go off yet, because a request that was cancelled has asked its guest to. It cannot
 * any more once it was seen off, or has booted anew.
 */
export const mayStillStop = ({ request, earlier, phase }: OpenOperation, reading: MachineReading, now: Instant) =>
  request.kind === 'power-on' &&
  reading.power === 'poweredOn' &&
  phase.is === 'requested' &&
  earlier !== null &&
  now < earlier.until &&
  !bootedSince(earlier.bootAt, reading);
