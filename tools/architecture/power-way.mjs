// The way of a power-off as docs/why/house.md shows it: the files that must be read from the request to the stored event are
// counted, and with those that run beside them they are few. Which files run is measured where they run
// (libs/power/src/api/power-off-way.routes.spec.ts). Never: a line that is left out for another reason than being the row of
// another verb in a table of verbs.
const PAGE = 'docs/why/house.md';
const VERBS = 'libs/contracts/src/events/power.v1.ts';
const MOST = { files: 4, lines: 250, together: 12 };

const tableAfter = (text, heading) => text.split(`\n${heading}\n`)[1]?.split(/\n\n(?!\|)/)[0] ?? '';
const pathsIn = (table) => [...table.matchAll(/^\|[^|]*\| `(libs\/power\/src\/[^`]+)` \|/gm)].map(([, path]) => path);

/** The files of the way, and those of power that run beside them, as the page names them. */
const shown = (files) => {
  const page = files[PAGE] ?? '';
  const rows = pathsIn(page.split('\n## A power-off, file by file\n')[1]?.split('\n## ')[0] ?? '');
  const beside = pathsIn(tableAfter(page, '### What runs beside them'));
  return { way: rows.slice(0, MOST.files), beside };
};

const ROW = /^ {2}(?:'([\w-]+)'|(\w+)): \{\n[\s\S]*?^ {2}\}[,;]\n/gm;
/** A file as it is counted: whole, without the rows of other verbs in a table that has one of power-off. */
const counted = (text) => {
  const left = [];
  const kept = text
    .split(/\n\n(?=\S)/)
    .map((part) =>
      part.includes("\n  'power-off': {\n")
        ? part.replaceAll(ROW, (row, quoted, plain) => {
            const verb = quoted ?? plain;
            if (verb === 'power-off') return row;
            left.push(verb);
            return '';
          })
        : part,
    )
    .join('\n\n');
  return { lines: kept.trimEnd().split('\n').length, left };
};

const measured = (files) => {
  const { way, beside } = shown(files);
  const sizes = way.map((path) => ({ path, ...counted(files[path] ?? '') }));
  return { way, beside, sizes, lines: sizes.reduce((sum, { lines }) => sum + lines, 0) };
};

/** What `npm run house` says of it. */
export const wayCount = (files) => {
  const { way, beside, lines } = measured(files);
  return `a power-off: ${way.length} files, ${lines} lines to the stored event; ${way.length + beside.length} files of power run`;
};

export const powerWayRules = [
  {
    name: `the way of a power-off is ${MOST.files} files and ${MOST.lines} lines at most, and ${MOST.together} files of power run`,
    check: (files) => {
      const { way, beside, sizes, lines } = measured(files);
      const [, enumerated = ''] = /export const PowerAction = z\.enum\(\[([^\]]*)\]/.exec(files[VERBS] ?? '') ?? [];
      const verbs = [...enumerated.matchAll(/'([a-z-]+)'/g)].map(([, verb]) => verb);
      return [
        ...(way.length === MOST.files ? [] : [`${PAGE} shows ${way.length} files`]),
        ...[...way, ...beside].filter((path) => !(path in files)).map((path) => `${path} is missing`),
        ...(lines > MOST.lines ? sizes.map(({ path, lines: size }) => `${path} has ${size} lines`) : []),
        ...(way.length + beside.length > MOST.together ? [`${way.length + beside.length} files run`] : []),
        ...sizes.flatMap(({ path, left }) =>
          left.filter((name) => !verbs.includes(name)).map((name) => `${path}: ${name} is no verb, and is left out`),
        ),
      ];
    },
    wrong: {
      [PAGE]: '\n## A power-off, file by file\n\n| the rules | `libs/power/src/domain/power-request.ts` |\n',
      'libs/power/src/domain/power-request.ts': 'export const requested = 1;\n',
    },
  },
];
