// Which files say at their head what they are for and what must not be done in them, and whether they do. Those of the roles
// that carry the design, the domain, every adapter, and all that the services share. Never: a list of files that are let off; a
// file without a head gets one.
const ROLES =
  /\.(?:contract|controller|decider|events|filter|guard|memory|module|policy|projection|published|query|routes|use-cases)\.ts$/;
const PLACES = [
  /^libs\/(?:kernel|contracts|ports|api)\/src\/(?!index\.ts$)/,
  /^libs\/(?:infrastructure|integration)\/[a-z-]+\/src\/(?!index\.ts$)/,
  /^libs\/[a-z]+\/src\/domain\//,
];
const needsOne = (path) =>
  /^(?:apps|libs)\/.*\/src\/.*\.ts$/.test(path) &&
  !/(?:\.spec|\/testing)\.ts$/.test(path) &&
  (ROLES.test(path) || PLACES.some((place) => place.test(path)));

/** The comment above the imports, in one line; empty where there is none. */
const headOf = (text) => /^(?:\/\/ [^\n]*\n)*/.exec(text)[0].replaceAll(/^\/\/ |\n/gm, ' ');

/** The rules, in the shape of tree.mjs. */
export const headRules = [
  {
    name: 'what services share, adapters, rules and what bears a role of the design say at their head what they are for, and never',
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
