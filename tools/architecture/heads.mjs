// Every file of production says at its head what it is for and what must not be done in it. A command needs none: it is one
// request in one file, and the sentence of its export is its head. Never: a list of files that are let off; a file without a
// head gets one.
const needsOne = (path) =>
  /^(?:apps\/(?!stories\/)|libs\/).*\/src\/.*\.ts$/.test(path) &&
  !/(?:\.spec|\.command|\/testing|\/index)\.ts$/.test(path);

/** The comment above the imports, in one line; empty where there is none. */
const headOf = (text) => /^(?:\/\/ [^\n]*\n)*/.exec(text)[0].replaceAll(/^\/\/ |\n/gm, ' ');

/** The rules, in the shape of tree.mjs. */
export const headRules = [
  {
    name: 'every file of production but commands says at its head what it is for, and never',
    check: (files) =>
      Object.keys(files)
        .filter(needsOne)
        .flatMap((path) => {
          const head = headOf(files[path]);
          if (head === '') return [`${path} has no head`];
          return /\S.*\. +Never: +\S.*\. *$/.test(head) ? [] : [`the head of ${path} does not end with "Never: …."`];
        }),
    wrong: {
      'libs/ports/src/clock/clock.ts': '// The port to time.\nexport interface Clock {}\n',
      'libs/integration/vsphere/src/soap/task.vsphere.ts': '/** A task. */\nexport const task = 1;\n',
      'libs/power/src/domain/power.decider.ts': 'export const powerDecider = {};\n',
      'libs/power/src/api/power.routes.ts': '// Never: a rule.\nexport const powerRoutes = {};\n',
    },
  },
];
