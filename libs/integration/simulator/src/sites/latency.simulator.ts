// How long sites and guests take, as real ones do. Never: a wait here; whoever uses a figure waits on the clock of the site.
import type { PowerCall } from '@drover/ports';
import type { Chance } from './chance.simulator.js';

/** How long a site and its guests take, in milliseconds; drawn anew for each call. */
export interface Latency {
  /** One way between Drover and the site. */
  trip(): number;
  guestDown(): number;
  /** Of a call that the site carries out itself. */
  carriedOut(call: PowerCall): number;
  /** From the start of a guest until its tools answer. */
  toolsUp(): number;
}

/** The figures of a real site, times a factor; a factor of 0 makes everything happen at once. */
export const latencyOf = (factor: number, chance: Chance): Latency => {
  const between = (least: number, most: number) => () => Math.round(factor * (least + chance() * (most - least)));
  const [starts, others] = [between(1_500, 2_500), between(500, 2_000)];
  return {
    trip: between(10, 20),
    guestDown: between(3_000, 8_000),
    carriedOut: (call) => (call === 'power-on' ? starts() : others()),
    toolsUp: between(10_000, 20_000),
  };
};
