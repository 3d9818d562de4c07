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

/** Reads a report. A mutant counts as killed when a test failed or hung on it. */
export const outcomeOf = ({ files }: MutationReport, known: readonly Survivor[]): Outcome => {
  const mutants = Object.entries(files).flatMap(([file, { source, mutants: all }]) =>
    all.map((mutant) => {
      const [code, becomes] = [oneLine(textBetween(source, mutant.location)), oneLine(mutant.replacement ?? '')];
      const reason = known.find((one) => one.file === file && one.code === code && one.becomes === becomes);
      return { ...mutant, file, code, becomes, why: reason?.why ?? null };
    }),
  );
  const reachable = mutants.filter(({ code }) => !UNREACHABLE.test(code));
  const killed = reachable.filter(({ status }) => status === 'Killed' || status === 'Timeout');
  const alive = reachable.filter(({ status }) => status === 'Survived' || status === 'NoCoverage');
  return {
    killed: killed.length,
    hung: killed.filter(({ status }) => status === 'Timeout').length,
    total: killed.length + alive.length,
    lived: alive.map(({ file, location, code, becomes, mutatorName, why }) => ({
      ...{ file, line: location.start.line, code, becomes, mutator: mutatorName, why },
    })),
  };
};

/** The share of mutants that were killed, in percent. */
export const scoreOf = ({ killed, total }: Outcome) => (total === 0 ? 0 : (100 * killed) / total);
