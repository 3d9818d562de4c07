// What reached the sites, in a file of its own: it outlives Drover, and who checks Drover reads it. Each line is on the
// disk before anybody is told: what was answered is there after a kill. Lines are never edited, members may be added.
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';
import { ConnectionId, Instant, OperationId, VmId } from '@drover/kernel';
import { Order } from './order.simulator.js';

const Power = z.enum(['poweredOn', 'poweredOff', 'suspended']);

/** What a machine becomes, so many milliseconds after a call was taken. */
export const Step = z.object({ ms: z.int(), power: Power, toolsUp: z.boolean() });
export type Step = z.output<typeof Step>;

/** One call that reached a site, or one change by somebody else (`outside`). Times are those of the decision. */
export const LedgerLine = z.object({
  n: z.int(),
  at: Instant.schema,
  vmId: VmId.schema.nullable(),
  connectionId: ConnectionId.schema.nullable(),
  instanceUuid: z.string().nullable(),
  call: z.enum(['shutdown-guest', 'power-off', 'power-on', 'reboot-guest', 'reset', 'outside']),
  operationId: OperationId.schema.nullable(),
  attempt: z.int().nullable(),
  epoch: z.int().nullable(),
  before: Power.nullable(),
  after: Power.nullable().meta({ description: 'what the call leads to, once its steps are done' }),
  effective: z.boolean().meta({ description: 'it causes a transition, decided when it is taken' }),
  answer: z.string().meta({ description: '`accepted`, or the code of the fault that the caller is told' }),
  detail: z.string().nullable(),
  bootAt: Instant.schema.nullable().meta({ description: 'when the guest starts because of it' }),
  steps: z.array(Step).readonly(),
  hastens: z.int().nullable().meta({ description: 'the line whose transition this call brings forward, causing none' }),
  order: Order.nullable(),
  outsideLine: z.int().nullable().meta({ description: 'which line of outside.ndjson this was' }),
});
export type LedgerLine = z.output<typeof LedgerLine>;

/** The ledger, open for writing. */
export interface Ledger {
  /** The lines that were there when it was opened. */
  readonly found: readonly LedgerLine[];
  /** Writes one line, through to the disk. When it throws, nothing was written. */
  append(line: Omit<LedgerLine, 'n'>): LedgerLine;
  close(): void;
}

const parse = (text: string): LedgerLine | null => {
  try {
    return LedgerLine.parse(JSON.parse(text));
  } catch {
    return null;
  }
};

/** The lines of a text and how long the sound part of it is. A torn end is left out; damage before it is an error. */
export const readLedger = (text: string): { readonly lines: readonly LedgerLine[]; readonly bytes: number } => {
  const texts = text.split('\n').slice(0, -1); // what follows the last line end is torn
  const parsed = texts.map(parse);
  const sound = parsed.at(-1) === null ? texts.slice(0, -1) : texts;
  const lines = parsed.slice(0, sound.length).map((line, i) => {
    if (line) return line;
    throw new Error(`Line ${i + 1} of the simulator's ledger cannot be read. Restore the file, or remove it.`);
  });
  return { lines, bytes: Buffer.byteLength(sound.map((each) => `${each}\n`).join('')) };
};

/** The file's name must survive, too: a new file is lost with its directory's entry. */
const created = (path: string) => {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, 'a');
  const dir = openSync(dirname(path), 'r');
  fsyncSync(dir);
  closeSync(dir);
  return file;
};

/** Opens the ledger, makes it where there is none, and cuts off a line that was torn by a kill. */
export const openLedger = (path: string): Ledger => {
  const { lines: found, bytes } = readLedger(existsSync(path) ? readFileSync(path, 'utf8') : '');
  const file = created(path); // not before it is known to be sound: nobody would close it
  let [size, n] = [bytes, found.at(-1)?.n ?? 0];
  ftruncateSync(file, size);
  return {
    found,
    append: (fields) => {
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
    close: () => closeSync(file),
  };
};
