// The simulated sites behind a house, steered and read by their files: faults, changes that others make, and the ledger of
// what reached them. Never: take an answer of Drover for what happened at a site; the ledger says it.
import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SiteFault, LedgerLine, Order } from '@drover/simulator';
import type * as z from 'zod';
import { until } from './api.js';

/** One thing that goes wrong, as a story sets it. */
export type SetFault = z.input<typeof SiteFault>;
type GivenOrder = z.input<typeof Order>;

/** The simulated sites behind a house, by their files alone: what goes wrong, what others do, what reached them. */
export const sitesOf = (dataDir: string) => {
  const path = (name: string) => join(dataDir, 'simulator', name);
  let ordered = 0;
  /** What reached the sites: the lines that are whole. They outlive the house. */
  const ledger = () =>
    readFileSync(path('ledger.ndjson'), 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as LedgerLine);

  return {
    ledger,
    /** From now on exactly this goes wrong. In one go, so that no call meets half of it. */
    fail: (...faults: readonly SetFault[]) => {
      writeFileSync(path('faults.new'), JSON.stringify(faults));
      renameSync(path('faults.new'), path('faults.json'));
    },
    /** Somebody else does this; resolves when it is done, throws when it could not be. */
    others: async (...orders: readonly GivenOrder[]) => {
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
