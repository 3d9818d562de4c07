import type { Decider } from '@drover/kernel';
import { ask, type Ask, type WishRefused } from './decide/power-wish.js';
import { end, type EndCommand, type EndRefused } from './decide/power-ends.js';
import { workOn, type WorkCommand } from './decide/power-work.js';
import { evolve } from './evolve.js';
import { untouched, type Power } from './power.js';
import type { PowerFact } from './power.events.js';

/** A wish, judged on what was seen last; news of the work on it; its end by other means. */
export type PowerCommand = Ask | WorkCommand | EndCommand;

/** Why power says no. */
export type PowerRefusal = WishRefused | EndRefused;

/** The rules of the stream `power-<vmId>`. Time, epochs and readings come in as data. */
export const powerDecider: Decider<PowerCommand, PowerFact, Power, PowerRefusal> = {
  initial: untouched,
  evolve,
  decide(command, power) {
    switch (command.type) {
      case 'Ask':
        return ask(power, command);
      case 'Cancel':
      case 'Mark':
      case 'Settle':
        return end(power, command);
      default:
        // Late news, and news of a lost lease, add nothing.
        return power.is === 'idle' || power.op !== command.op ? [] : workOn(power, command);
    }
  },
};
