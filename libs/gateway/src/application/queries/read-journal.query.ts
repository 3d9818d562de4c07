import type { CloudEvent } from '@drover/contracts';
import type { Journal, JournalEntry, View } from '@drover/ports';
import { cursorOf, resumptionOf, type Readable } from '../../domain/cursor.js';
import type { Traits } from '../../domain/stream-filter.js';
import { vmOf } from '../projections/journalled.projection.js';
import type { Shown } from '../projections/views.projection.js';
import type { VmRow } from '../projections/vm-row.projection.js';

/** An event with its place in the journal, and what filters look at. */
export interface PositionedEvent {
  readonly position: number;
  readonly cursor: string;
  readonly event: CloudEvent;
  readonly traits: Traits;
}

type Groups = readonly string[];

const traitsOf = (event: CloudEvent, groups: Groups): Traits => {
  const { severity } = event.data as { readonly severity?: unknown };
  return {
    type: event.type,
    vm: vmOf(event),
    worker: event.partitionkey,
    groups,
    operation: event.operationid ?? null,
    severity: typeof severity === 'string' ? severity : null,
  };
};

/**
 * Puts entries of the journal in their places. The groups of a machine are those of now: rights and scopes are judged
 * when an event is shown.
 */
export const positioned = async (
  incarnation: string,
  entries: readonly JournalEntry[],
  groupsOf: (vm: string) => Promise<Groups>,
): Promise<readonly PositionedEvent[]> => {
  const groups = new Map<string, Groups>();
  const all: PositionedEvent[] = [];
  for (const { position, event } of entries) {
    const vm = vmOf(event);
    if (vm && !groups.has(vm)) groups.set(vm, await groupsOf(vm));
    const traits = traitsOf(event, groups.get(vm ?? '') ?? []);
    all.push({ position, cursor: cursorOf(incarnation, position), event, traits });
  }
  return all;
};

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
  const { runs, floor } = journal.state();
  return { generation, runs, head: position, floor };
};

/** Where a reader that brings this cursor goes on. */
export const resumptionAt = (cursor: string, ports: ReadJournalPorts) => resumptionOf(cursor, readable(ports));

/** The present end: everything that the views show. */
export const endOf = ({ shown }: Pick<ReadJournalPorts, 'shown'>) => {
  const { incarnation, position } = shown();
  return { position, cursor: cursorOf(incarnation, position) };
};

/** Some entries after a position, each in its place; none at the end. */
export const journalAfter = async (ports: ReadJournalPorts, position: number): Promise<readonly PositionedEvent[]> => {
  const { journal, vms } = ports;
  const { incarnation, position: head } = ports.shown();
  const entries = (await journal.read(position, LIMIT)).filter((entry) => entry.position <= head);
  return positioned(incarnation, entries, async (vm) => (await vms.get(vm))?.groupIds ?? []);
};
