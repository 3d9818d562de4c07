// What reached the sites, in a file of its own: it outlives Drover, and who checks Drover reads it. Each line is on the disk
// before anybody is told: what was answered is there after a kill. Members may be added. Never: a line that is changed.
import { closeSync, fsyncSync, ftruncateSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';
import { ConnectionId, Instant, OperationId, PowerState, VmId } from '@drover/kernel';
import { powerCallNames } from '@drover/ports';
import { fileLines } from '../steering/lines.simulator.js';
import { Order } from '../steering/order.simulator.js';

const Known = PowerState.exclude(['unknown']);

/** What a machine becomes, so many milliseconds after a call was taken. Only what is on has tools that run. */
export const Step = z.union([
  z.object({ ms: z.int(), power: Known.extract(['poweredOn']), toolsUp: z.boolean() }),
  z.object({ ms: z.int(), power: Known.exclude(['poweredOn']), toolsUp: z.literal(false) }),
]);
/** A step that a call or a change leads to, as the ledger has it. */
export type Step = z.output<typeof Step>;

const nothing = z.null();

/** Who asked for what: Drover, for an attempt of an operation, or somebody else by an order. */
const Origin = z.union([
  z.object({
    vmId: VmId.schema,
    call: z.enum(powerCallNames),
    operationId: OperationId.schema,
    attempt: z.int(),
    epoch: z.int(),
    ...{ order: nothing, outsideLine: nothing },
  }),
  z.object({
    vmId: VmId.schema.nullable().meta({ description: 'null for an order that names no machine, or several' }),
    call: z.literal('outside'),
    ...{ operationId: nothing, attempt: nothing, epoch: nothing },
    order: Order.nullable().meta({ description: 'null for one that was not carried out' }),
    outsideLine: z.int().nullable().meta({ description: 'which line of outside.ndjson this was; null in a test' }),
  }),
]);
/** Who asked for what, as the ledger has it. */
export type CallOrigin = z.output<typeof Origin>;

/** At which machine it arrived, and what becomes of its power; none where no machine was found. */
const Target = z.union([
  z.object({
    connectionId: ConnectionId.schema,
    instanceUuid: z.string(),
    before: Known,
    after: Known.meta({ description: 'what the call leads to, once its steps are done' }),
  }),
  z.object({ connectionId: nothing, instanceUuid: nothing, before: nothing, after: nothing }),
]);

/** What the caller was told, and when. */
const Reply = z.object({
  at: Instant.schema,
  answer: z.string().meta({ description: '`accepted`, or the code of the fault that the caller is told' }),
  detail: z.string().nullable(),
  bootAt: Instant.schema.nullable().meta({ description: 'when the guest starts because of it' }),
});

const some = z.tuple([Step], Step).readonly();

/** What it does to power: nothing; a transition; or it brings one forward that an earlier line has caused. */
const Effect = z.union([
  z.object({ effective: z.literal(false), steps: z.tuple([]).readonly(), hastens: nothing }),
  z.object({
    effective: z.literal(true).meta({ description: 'it causes a transition, decided when it is taken' }),
    steps: some,
    hastens: nothing,
  }),
  z.object({
    effective: z.literal(false),
    steps: some,
    hastens: z.int().meta({ description: 'the line whose transition this call brings forward, causing none' }),
  }),
]);
/** What a call does to the power of a machine, as the ledger has it. */
export type PowerEffect = z.output<typeof Effect>;

/** One call that reached a site, or one change by somebody else (`outside`). Times are those of the decision. */
export const LedgerLine = z.object({ n: z.int() }).and(Reply).and(Effect).and(Origin).and(Target);
/** A line of the ledger as it was read. */
export type LedgerLine = z.output<typeof LedgerLine>;

/** A line that has no number yet. */
export type NewLine = z.output<typeof Reply> & PowerEffect & CallOrigin & z.output<typeof Target>;

/** The ledger, open for writing once everything that it holds was read. */
export interface Ledger {
  /** The lines that were there when it was opened, one after the other: reading many takes seconds. */
  restore(): Iterable<LedgerLine>;
  /** The number of the last line. */
  last(): number;
  /** The last line of outside.ndjson that is in it; 0 when none is. */
  outsideLine(): number;
  /** Writes one line, through to the disk. When it throws, nothing was written. */
  append(line: NewLine): LedgerLine;
  close(): void;
}

const parse = (text: string): LedgerLine | null => {
  try {
    return LedgerLine.parse(JSON.parse(text));
  } catch {
    return null;
  }
};

/**
 * The lines of a ledger, each with where it ends, in bytes. A torn end is left out; damage before it is an error. None
 * where there is no file.
 */
export function* readLedger(path: string): Generator<{ readonly line: LedgerLine; readonly end: number }, void> {
  let [n, damaged] = [0, 0];
  for (const { text, end } of fileLines(path)) {
    if (damaged > 0)
      throw new Error(`Line ${damaged} of the simulator's ledger cannot be read. Restore the file, or remove it.`);
    const line = parse(text);
    n += 1;
    if (line) yield { line, end };
    else damaged = n; // the last one may be torn, and end all the same
  }
}

/** The file's name must survive, too: a new file is lost with its directory's entry. */
const created = (path: string) => {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, 'a');
  const dir = openSync(dirname(path), 'r');
  fsyncSync(dir);
  closeSync(dir);
  return file;
};

/** Opens the ledger: once it is restored it is made where there is none, and a line that was torn by a kill is cut off. */
export const openLedger = (path: string): Ledger => {
  let file: number | null = null;
  let [size, n, outsideLine] = [0, 0, 0];
  return {
    restore: function* () {
      for (const { line, end } of readLedger(path)) {
        [size, n, outsideLine] = [end, line.n, Math.max(outsideLine, line.outsideLine ?? 0)];
        yield line;
      }
      file = created(path); // not before it is known to be sound
      ftruncateSync(file, size);
    },
    last: () => n,
    outsideLine: () => outsideLine,
    append: (fields) => {
      if (file === null) throw new Error('the ledger is not restored yet');
      const line = { n: n + 1, ...fields };
      const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
      try {
        writeFileSync(file, bytes);
        fsyncSync(file);
      } catch (error) {
        ftruncateSync(file, size);
        throw error;
      }
      [size, n] = [size + bytes.length, line.n];
      return line;
    },
    close: () => {
      if (file !== null) closeSync(file);
      file = null;
    },
  };
};
