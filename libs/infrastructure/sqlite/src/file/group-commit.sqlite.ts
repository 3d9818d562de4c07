// All that is asked to be written within one turn of the event loop goes to the disk in one transaction, so the price of an
// fsync is shared; each item still gets a result of its own. Nobody waits longer than one turn, unless another process has a
// lock on the file. Never: a thread, or a timer that collects more.
import type { DatabaseSync } from 'node:sqlite';
import type { StoreRefused } from '@drover/ports';
import { PATIENCE_MS, REST_MS } from './patience.sqlite.js';
import { isBusy, refusalOf } from './refusal.sqlite.js';

const LARGEST = 512; // keeps one transaction, and so the event loop, below some tens of milliseconds

/** What came of one item: an answer, or an error that concerns it alone and wrote nothing. */
export type Staged<Answer> = { readonly answer: Answer } | { readonly error: Error };

/** How a group is written. */
interface GroupOptions<Item, Answer> {
  readonly db: DatabaseSync;
  /** For the sentence of a refusal: "the store at ...". */
  readonly what: string;
  /** Why nothing may be written now, asked before each group; null when it may. */
  gone(): StoreRefused | null;
  /** Called inside the transaction, before the first item. */
  begun(): void;
  /** Writes one item inside the transaction. What it throws undoes the whole group. */
  stage(item: Item): Staged<Answer>;
  /** Called once everything is on the disk and answered. */
  committed(): void;
  /** Called when nothing of the group was kept. */
  undone(): void;
  /** Called when items are refused, with why. */
  refused(error: unknown): void;
}

/** A queue before the one writer. */
interface GroupCommit<Item, Answer> {
  submit(item: Item): Promise<Answer>;
  /** Writes at once whatever waits. */
  flush(): void;
}

/** Makes the queue. */
export const groupCommit = <Item, Answer>(options: GroupOptions<Item, Answer>): GroupCommit<Item, Answer> => {
  const { db, what, gone, begun, stage, committed, undone, refused } = options;
  const [begin, commit, rollback] = ['BEGIN IMMEDIATE', 'COMMIT', 'ROLLBACK'].map((sql) => db.prepare(sql));
  type Waiting = { item: Item; since: number; done: (answer: Answer) => void; fail: (error: unknown) => void };
  let waiting: Waiting[] = [];
  let woken = false;

  const refuse = (group: readonly Waiting[], error: unknown) => {
    if (group.length === 0) return;
    const refusal = refusalOf(error, what);
    refused(refusal);
    for (const { fail } of group) fail(refusal);
  };

  /** What was written of a group; null when it was refused, or has to wait for the lock of another process. */
  const write = (group: readonly Waiting[], last: boolean): readonly Staged<Answer>[] | null => {
    try {
      const no = gone();
      if (no) throw no;
      begin?.run();
      begun();
      const staged = group.map(({ item }) => stage(item));
      commit?.run();
      return staged;
    } catch (error) {
      if (db.isOpen && db.isTransaction) rollback?.run();
      undone();
      const since = performance.now() - PATIENCE_MS;
      const waits = ({ since: submitted }: Waiting) => isBusy(error) && !last && submitted > since;
      refuse(
        group.filter((each) => !waits(each)),
        error,
      );
      waiting = [...group.filter(waits), ...waiting];
      if (waiting.length > 0) wake(isBusy(error) ? REST_MS : 0);
      return null;
    }
  };

  const turn = (last = false) => {
    woken = false;
    const group = waiting.slice(0, LARGEST);
    waiting = waiting.slice(LARGEST);
    const staged = write(group, last);
    if (!staged) return;
    if (waiting.length > 0) wake();
    for (const [i, { done, fail }] of group.entries()) {
      const result = staged[i];
      if (result && 'answer' in result) done(result.answer);
      else fail(result?.error);
    }
    committed();
  };

  const wake = (ms = 0) => {
    if (woken) return;
    woken = true;
    const go = () => {
      if (woken) turn();
    };
    if (ms > 0) setTimeout(go, ms);
    else setImmediate(go);
  };

  return {
    submit: (item) =>
      new Promise((done, fail) => {
        waiting.push({ item, since: performance.now(), done, fail });
        wake();
      }),
    flush: () => {
      while (waiting.length > 0) turn(true);
      woken = false; // nothing comes of a timer that is still set
    },
  };
};
