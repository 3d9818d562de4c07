// Reads the report of mutation testing: how many mutants of an area were killed, and which lived, with the reason that
// survivors.ts gives. Never: count a mutant as killed that did not compile or was never run.
import type { Survivor } from './survivors.ts';

/** A place in a source file; lines and columns begin at 1. */
interface Place {
  readonly line: number;
  readonly column: number;
}

/** What is read of Stryker's JSON report (the mutation testing report schema, version 2). */
export interface MutationReport {
  readonly files: Readonly<
    Record<
      string,
      {
        readonly source: string;
        readonly mutants: readonly {
          readonly mutatorName: string;
          readonly replacement?: string;
          readonly status: string;
          readonly location: { readonly start: Place; readonly end: Place };
        }[];
      }
    >
  >;
}

/** A mutant that lived, and why that is well, if it is. */
export interface Lived {
  readonly file: string;
  readonly line: number;
  /** The line that it begins on. */
  readonly on: string;
  readonly code: string;
  readonly becomes: string;
  readonly mutator: string;
  readonly why: string | null;
}

/** What came of one area. Mutants that do not compile or were never run count for nothing. */
export interface Outcome {
  readonly killed: number;
  /** How many of those were stopped because nothing came of them any more. */
  readonly hung: number;
  readonly total: number;
  readonly lived: readonly Lived[];
}

/** The end of an exhaustive switch: that nothing gets there is the compiler's word, so no test can. */
const UNREACHABLE = /^default: return never\(\w+\);$/;

const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim();

const textBetween = (source: string, { start, end }: { readonly start: Place; readonly end: Place }) => {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  const last = lines.length - 1;
  return lines
    .map((line, i) => line.slice(i === 0 ? start.column - 1 : 0, i === last ? end.column - 1 : undefined))
    .join('\n');
};

type Text = Pick<Lived, 'file' | 'on' | 'code' | 'becomes'>;

const isOf = ({ file, on, code, becomes }: Survivor) => {
  return (one: Text) => one.file === file && one.on === on && one.code === code && one.becomes === becomes;
};

/** Reads a report. A mutant counts as killed when a test failed or hung on it. */
export const outcomeOf = ({ files }: MutationReport, known: readonly Survivor[]): Outcome => {
  const mutants = Object.entries(files).flatMap(([file, { source, mutants: all }]) => {
    const lines = source.split('\n');
    return all.map(({ location, replacement = '', status, mutatorName: mutator }) => ({
      ...{ file, status, mutator, line: location.start.line, on: oneLine(lines[location.start.line - 1] ?? '') },
      ...{ code: oneLine(textBetween(source, location)), becomes: oneLine(replacement) },
    }));
  });
  const reachable = mutants.filter(({ code }) => !UNREACHABLE.test(code));
  const killed = reachable.filter(({ status }) => status === 'Killed' || status === 'Timeout');
  const alive = reachable.filter(({ status }) => status === 'Survived' || status === 'NoCoverage');
  return {
    killed: killed.length,
    hung: killed.filter(({ status }) => status === 'Timeout').length,
    total: killed.length + alive.length,
    lived: alive.map(({ status: _status, ...one }) => ({
      ...one,
      why: known.find((each) => isOf(each)(one))?.why ?? null,
    })),
  };
};

/** What is wrong with the list of survivors: each of its entries is to be that of one mutant that lived. */
export const misfits = (known: readonly Survivor[], lived: readonly Text[]): readonly string[] =>
  known.flatMap((each) => {
    const count = lived.filter(isOf(each)).length;
    const named = `survivors.ts: \`${each.code}\` in \`${each.on}\` of ${each.file}`;
    if (count === 0) return [`${named} does not survive any more`];
    return count === 1
      ? []
      : [`${named} is ${count} survivors: a reason is for one, so write them on lines of their own`];
  });

/** The share of mutants that were killed, in percent. */
export const scoreOf = ({ killed, total }: Outcome) => (total === 0 ? 0 : (100 * killed) / total);
