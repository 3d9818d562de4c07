import {
  isRejection,
  never,
  reject,
  type Mode,
  type PowerState,
  type Rejection,
  type Right,
  type Tools,
} from '@drover/kernel';
import type { Wish } from './power.js';

/** Why a wish is against the matrix. */
export type MatrixRefusal = 'vm_suspended' | 'vm_not_ready' | 'tools_status_unknown' | 'graceful_shutdown_not_possible';

type Seen = { readonly power: PowerState; readonly tools: Tools };

const byTools = (mode: Mode, tools: Tools): 'graceful' | 'forced' | Rejection<MatrixRefusal> => {
  if (mode === 'hard') return 'forced';
  switch (tools) {
    case 'toolsOk':
    case 'toolsOld':
      return 'graceful';
    case 'toolsNotRunning':
    case 'toolsNotInstalled':
      return mode === 'trySoft'
        ? 'forced'
        : reject(
            'graceful_shutdown_not_possible',
            `The guest tools do not run (${tools}), so the guest cannot be asked. Nothing was sent.`,
          );
    case 'unknown':
      return reject('tools_status_unknown', 'It is not known whether the guest can be asked. Nothing was sent.');
    default:
      return never(tools);
  }
};

/** Mode × tools, for a machine that is not off: the first step, or why there is none. */
export const wayOff = (mode: Mode, { power, tools }: Seen) =>
  power === 'suspended' && mode !== 'hard'
    ? reject(
        'vm_suspended',
        'It is suspended: only a hard power-off ends that, and its saved memory is lost. Nothing was sent.',
      )
    : byTools(mode, tools);

/** The same for a restart: only what runs can be restarted. */
export const wayBack = (mode: Mode, { power, tools }: Seen) => {
  if (power === 'suspended')
    return reject(
      'vm_suspended',
      'It is suspended, so there is nothing to restart: power it on to resume it. Nothing was sent.',
    );
  if (power === 'poweredOff')
    return reject('vm_not_ready', 'It is off, so there is nothing to restart: power it on. Nothing was sent.');
  return byTools(mode, tools);
};

/** What stands against a wish by what was seen last. Whether it came true already, only a fresh look says. */
export const againstMatrix = (wish: Wish, seen: Seen): Rejection<MatrixRefusal> | null => {
  if (wish.kind === 'power-on' || seen.power === 'unknown') return null;
  if (wish.kind === 'power-off' && seen.power === 'poweredOff') return null;
  const way = wish.kind === 'restart' ? wayBack(wish.mode, seen) : wayOff(wish.mode, seen);
  return isRejection(way) ? way : null;
};

/** The guest's share of a power-off's seconds; the rest is for force and verification. */
export const gracefulShare = (seconds: number) => seconds - Math.min(60, seconds * 0.2);

/** Asking the guest takes one right, pulling the plug another; `trySoft` may end in force, so it takes both. */
export const NEEDS = {
  soft: ['vm:operate'],
  trySoft: ['vm:operate', 'vm:force'],
  hard: ['vm:force'],
} as const satisfies Record<Mode, readonly Right[]>;
