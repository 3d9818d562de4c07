import { cursorOf, resumptionOf, type Readable } from '../../domain/cursor.js';
import type { Journal, View } from '@drover/ports';
import { placed, type Placed } from '../live/placed.use-cases.js';
import { vmOf } from '../projections/journalled.projection.js';
import type { VmRow } from '../projections/vm-row.projection.js';
import type { Shown } from '../views.use-cases.js';

/** What the journal is read with. */
export interface ReadJournalPorts {
  readonly journal: Journal;
  readonly vms: View<VmRow>;
  readonly shown: () => Shown;
}

const LIMIT = 500;

/** What can be read now. Up to what the views show, not further: whoever sees an event reads a view that has it. */
export const readable = ({ journal, shown }: ReadJournalPorts): Readable => {
  const { generation, position } = shown();
  return { generation, head: position, floor: journal.state().floor };
};

/** Where a reader that brings this cursor goes on. */
export const resumptionAt = (cursor: string, ports: ReadJournalPorts) => resumptionOf(cursor, readable(ports));

/** The present end, as a cursor. */
export const endOf = ({ shown }: ReadJournalPorts) => cursorOf(shown().generation, shown().position);

/** Some entries after a position, each in its place; none at the end. */
export const journalAfter = async (ports: ReadJournalPorts, position: number): Promise<readonly Placed[]> => {
  const { journal, vms } = ports;
  const { generation, head } = readable(ports);
  const entries = (await journal.read(position, LIMIT)).filter((entry) => entry.position <= head);
  const groups = new Map<string, readonly string[]>();
  for (const { event } of entries) {
    const vm = vmOf(event);
    if (vm && !groups.has(vm)) groups.set(vm, (await vms.get(vm))?.groupIds ?? []);
  }
  return entries.map((entry) => placed(generation, entry, groups.get(vmOf(entry.event) ?? '') ?? []));
};
