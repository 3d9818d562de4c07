/** Writes a line of a log: a sentence, and what it says besides. */
type WriteLine = (msg: string, fields?: Readonly<Record<string, unknown>>) => void;

/** The log of the process, as far as a door writes it. */
export interface DoorLog {
  readonly error: WriteLine;
  readonly warn: WriteLine;
  readonly info: WriteLine;
  readonly debug: WriteLine;
  /** Whether lines of a level are written. */
  writes(level: 'info' | 'debug'): boolean;
}

interface Definition<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly Label[];
}
type Labels<Label extends string> = Readonly<Record<Label, string>>;

/** The metrics of the process, as far as a door counts. */
export interface DoorMetrics {
  counter<const Label extends string = never>(
    definition: Definition<Label>,
  ): { add(labels: Labels<Label>, by?: number): void };
  histogram<const Label extends string = never>(
    definition: Definition<Label> & { readonly buckets: readonly number[] },
  ): { observe(labels: Labels<Label>, value: number): void };
  gauge<const Label extends string = never>(
    definition: Definition<Label>,
    read: () => readonly { readonly labels: Labels<Label>; readonly value: number }[],
  ): void;
}

/** How a door is seen from outside. */
export interface Telemetry {
  readonly log: DoorLog;
  readonly metrics: DoorMetrics;
}

const nothing = () => {};

/** Of a door that nobody watches. */
export const unseen: Telemetry = {
  log: { error: nothing, warn: nothing, info: nothing, debug: nothing, writes: () => false },
  metrics: { counter: () => ({ add: nothing }), histogram: () => ({ observe: nothing }), gauge: nothing },
};
