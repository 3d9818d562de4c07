// A mark of what a provider says of a machine, to skip what repeats itself. Never: the time of the reading in it.
import { hashOf, type ConnectionId } from '@drover/kernel';
import type { Machine } from '@drover/ports';

/** What a provider says of a machine, in few bytes: a reading that repeats it changes nothing. */
export const printOf = (machine: Machine, connectionId: ConnectionId) => {
  const { name, aliases, hardware, power, tools, bootAt, connectionState, template } = machine;
  const made = hardware && { ...hardware, observedAt: '' };
  return hashOf([connectionId, name, aliases, made, power, tools, bootAt, connectionState, template]);
};
