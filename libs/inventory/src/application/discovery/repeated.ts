// Whether a reading says what is known. Never: a repeat recorded; its time alone is no event.
import type { ReadOrder } from '@drover/kernel';
import { settled, unknownAliases } from '../../domain/aliases.js';
import { asFarAsReached, type Observe } from '../../domain/decide/observe-vm.js';
import { hardwareMark, readingMark } from '../../domain/marks.js';
import type { KnownVm } from '../machines/vm-directory.projection.js';

/** Whether what a provider says of a machine is what it is known as. */
export const repeats = (row: KnownVm, observation: Omit<Observe, 'type' | 'groupIds' | keyof ReadOrder>): boolean => {
  const { connectionId, name, aliases, hardware, template = false } = observation;
  const reading = asFarAsReached(observation);
  return (
    row.life.is === 'active' &&
    row.connectionId === connectionId &&
    row.name === name &&
    row.template === template &&
    row.observed !== null &&
    readingMark(row.observed.reading) === readingMark(reading) &&
    (hardware === null || row.hardware === hardwareMark(hardware)) &&
    unknownAliases(
      row.aliases,
      aliases.map((alias) => settled(alias, connectionId)),
    ).length === 0
  );
};
