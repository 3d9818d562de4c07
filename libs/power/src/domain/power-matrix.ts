import {
  assertNever,
  GuestTools,
  isRejection,
  reject,
  type Mode,
  type Rejection,
  type Seen,
  type Tools,
} from '@drover/kernel';
import type { PowerRequest } from './power-verbs.js';
import type { Call } from './power.events.js';

/** Why a request is against the matrix. */
export type MatrixRefusal =
  'vm_suspended' | 'vm_not_ready' | 'tools_status_unknown' | 'graceful_shutdown_not_possible' | 'wrong_state';

/** Mode × tools, for a machine that can be switched either way. */
const byTools = (mode: Mode, tools: Tools): Call | Rejection<MatrixRefusal> => {
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

/** What a decision on a step looks at. */
type Judged = Pick<Seen, 'power' | 'tools'> & { readonly template?: boolean };

/** What a view says of a machine. `connectionState`: how its provider reaches it, when it does not. */
export type Viewed = Judged & { readonly connectionState?: string };

/** The first step towards a request that has not come true yet, or why nothing may be sent. Asked before every step. */
export const firstStep = (
  request: PowerRequest,
  { power, tools, template }: Judged,
): Call | Rejection<MatrixRefusal> => {
  if (template) return reject('wrong_state', 'It is a template: make it a machine again first.');
  switch (request.kind) {
    case 'power-on':
      return 'start';
    case 'power-off':
      return power === 'suspended' && request.mode !== 'hard'
        ? reject('vm_suspended', 'It is suspended: only a hard power-off ends that, and its saved memory is lost.')
        : byTools(request.mode, tools);
    case 'restart':
      if (power === 'suspended')
        return reject('vm_suspended', 'It is suspended, so there is nothing to restart: power it on to resume it.');
      if (power === 'poweredOff')
        return reject('vm_not_ready', 'It is off, so there is nothing to restart: power it on.');
      return byTools(request.mode, tools);
    default:
      return assertNever(request);
  }
};

const outOfReach = (request: PowerRequest, { connectionState }: Viewed) =>
  connectionState === undefined || (request.kind === 'power-off' && request.mode === 'hard')
    ? null
    : reject('vm_not_ready', `Its provider cannot reach it (${connectionState}).`);

/**
 * What a view says against a request that is only tried. It refuses, it never grants: whether a request came true
 * already, only a fresh look says.
 */
export const againstMatrix = (request: PowerRequest, view: Viewed): Rejection<MatrixRefusal> | null => {
  if (!view.template) {
    if (view.power === 'unknown') return outOfReach(request, view);
    if (view.power === 'poweredOff' && request.kind === 'power-off') return null;
  }
  const step = firstStep(request, view);
  return isRejection(step) ? step : null;
};
