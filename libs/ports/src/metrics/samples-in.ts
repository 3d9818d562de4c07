// Reads a text of metrics as Prometheus does, for specs and stories. Never: a line that it cannot read passed over.

/** A sample of a text of metrics. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"/g;
const plain = (text: string) =>
  text.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));

/** Reads the text format 0.0.4 as Prometheus does: each sample. Throws at a line that is none. */
export const samplesIn = (text: string): readonly Sample[] => {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  return text
    .slice(0, -1)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name, labels = '', value] = LINE.exec(line) ?? [];
      if (name === undefined || value === undefined) throw new Error(`no sample: ${line}`);
      const all = [...labels.matchAll(LABEL)].map(([, label = '', of = '']) => [label, plain(of)] as const);
      return { name, labels: Object.fromEntries(all), value: value === '+Inf' ? Infinity : Number(value) };
    });
};
