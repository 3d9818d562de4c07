// The simulated sites behind a house, steered and read by their files: faults, changes that others make, and the ledger of
// what reached them. Never: take an answer of Drover for what happened at a site; the ledger says it.
import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './api.js';

/** One thing that goes wrong. `vm`: a machine's id, a connection, or `*`. Without `times`: until the list changes. */
export interface Fault {
  readonly vm: string;
  readonly call: 'read' | 'shutdown-guest' | 'power-off' | 'power-on' | 'restart' | '*';
  readonly do:
    'reject' | 'drop-response' | 'delay' | 'hang' | 'wrong-state' | 'tools-off' | 'disconnected' | 'unavailable';
  readonly ms?: number;
  readonly times?: number;
}

/** What somebody else does to a machine, past Drover. */
export type Order = { readonly vm: string } & (
  | { readonly do: 'power-off' | 'power-on' | 'reset' | 'suspend' }
  | { readonly do: 'add'; readonly site: string }
  | { readonly do: 'remove'; readonly silently?: boolean }
  | { readonly do: 'tools'; readonly tools: string }
  | { readonly do: 'guest'; readonly obeys?: boolean; readonly shutdownMs?: number }
  | { readonly do: 'question'; readonly text: string | null }
  | { readonly do: 'template'; readonly is: boolean }
  | { readonly do: 'rename'; readonly name: string }
  | {
      readonly do: 'state';
      readonly connectionState?: string;
      readonly template?: boolean;
      readonly readable?: boolean;
    }
);

/** What reached a site. `operationId` is null when it was not by Drover. */
export interface Line {
  readonly vmId: string | null;
  readonly call: string;
  readonly operationId: string | null;
  readonly effective: boolean;
  readonly answer: string;
  readonly detail: string | null;
  readonly outsideLine: number | null;
}

/** The simulated sites behind a house, by their files alone: what goes wrong, what others do, what reached them. */
export const sitesOf = (dataDir: string) => {
  const path = (name: string) => join(dataDir, 'simulator', name);
  let ordered = 0;
  /** What reached the sites: the lines that are whole. They outlive the house. */
  const ledger = () =>
    readFileSync(path('ledger.ndjson'), 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line);

  return {
    ledger,
    /** From now on exactly this goes wrong. In one go, so that no call meets half of it. */
    fail: (...faults: readonly Fault[]) => {
      writeFileSync(path('faults.new'), JSON.stringify(faults));
      renameSync(path('faults.new'), path('faults.json'));
    },
    /** Somebody else does this; resolves when it is done, throws when it could not be. */
    others: async (...orders: readonly Order[]) => {
      appendFileSync(path('outside.ndjson'), orders.map((order) => `${JSON.stringify(order)}\n`).join(''));
      ordered += orders.length;
      const lines = await until(
        async () => ledger(),
        (all) => all.some(({ outsideLine }) => outsideLine === ordered),
      );
      const done = lines.filter(({ outsideLine }) => outsideLine !== null).slice(-orders.length);
      const undone = done.find(({ answer }) => answer !== 'accepted');
      if (undone) throw new Error(`it was not done: ${undone.detail}`);
      if (done.at(-1)?.outsideLine !== ordered) throw new Error('nobody read outside.ndjson');
    },
    /** The calls that an operation made. */
    callsOf: (operationId: string) => ledger().filter((line) => line.operationId === operationId),
    /** The calls that Drover made for a machine. */
    callsFor: (vmId: string) => ledger().filter((line) => line.vmId === vmId && line.operationId !== null),
  };
};
