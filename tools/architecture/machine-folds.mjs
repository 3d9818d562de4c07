// How often the events of a machine are folded: once, in contracts, and each service keeps what comes of it in one directory.
// The names of the events are read from the catalogue, so a new one counts by itself. A rule here has its wrong tree, as in
// tree.mjs. Never: a list of files that may fold as well.
const FOLD = 'libs/contracts/src/machines/fold-vm.ts';
const CATALOGUE = 'libs/contracts/src/events/inventory.v1.ts';
const isDirectory = (path) => /\/(?:vm-directory|fleet\/vms)\.projection\.ts$/.test(path);

const code = (files) =>
  Object.keys(files).filter(
    (path) =>
      /^(?:apps|libs)\/.*\/src\/.*\.ts$/.test(path) && !/^apps\/stories\/|\.spec\.ts$|\/testing\.ts$/.test(path),
  );

/** What a machine's events are called: public types, and the facts of inventory. */
const machineEvents = (files) =>
  [...(files[CATALOGUE] ?? '').matchAll(/^\s*'(vm-[a-z-]+)':/gm)].flatMap(([, name]) => [
    `io.drover.inventory.${name}.v1`,
    name.replace(/(?:^|-)([a-z])/g, (_, letter) => letter.toUpperCase()),
  ]);

/** Whether a text goes one way for one machine event and another for the next. */
const decides = (text, events) => {
  const compared = events.filter((event) => text.includes(`=== '${event}'`));
  return events.some((event) => text.includes(`case '${event}'`)) || compared.length > 1;
};

/** The files outside of inventory's domain that fold the events of a machine. */
export const foldsOf = (files) => {
  const events = machineEvents(files);
  return code(files).filter((path) => !path.startsWith('libs/inventory/src/domain/') && decides(files[path], events));
};

/** The directories of machines, by the capability that keeps them: the files that grow rows by the fold. */
export const directoriesOf = (files) => {
  const found = new Map();
  for (const path of code(files)) {
    const [, capability] = /^libs\/([^/]+)\/src\/application\//.exec(path) ?? [];
    if (capability && /import \{[^}]*\bfoldVm\b[^}]*\}/.test(files[path]))
      found.set(capability, [...(found.get(capability) ?? []), path]);
  }
  return found;
};

/** What `npm run house` says of it. */
export const foldCounts = (files) => {
  const directories = [...directoriesOf(files)].map(([capability, paths]) => `${capability} ${paths.length}`).sort();
  return `folds of a machine: ${foldsOf(files).length}; directories of machines: ${directories.join(', ')}`;
};

const catalogue = { [CATALOGUE]: "  'vm-discovered': z.object({}),\n  'vm-retired': z.object({})," };
const folding = { [FOLD]: "case 'io.drover.inventory.vm-discovered.v1':" };

export const machineFoldRules = [
  {
    name: 'the events of a machine are folded in one file',
    check: (files) => {
      const folds = foldsOf(files);
      return [
        ...folds
          .filter((path) => path !== FOLD)
          .map((path) => `${path} folds the events of a machine: foldVm does that`),
        ...(folds.includes(FOLD) ? [] : [`${FOLD} does not`]),
      ];
    },
    wrong: {
      ...catalogue,
      ...folding,
      'libs/power/src/application/directory/a.ts': "if (type === 'VmDiscovered') b(); if (type === 'VmRetired') c();",
    },
  },
  {
    name: 'each service keeps machines in one directory',
    check: (files) =>
      [...directoriesOf(files)].flatMap(([capability, paths]) => [
        ...(paths.length > 1 ? [`${capability} has ${paths.join(' and ')}`] : []),
        ...paths.filter((path) => !isDirectory(path)).map((path) => `${path} is no vm-directory.projection.ts`),
      ]),
    wrong: { 'libs/power/src/application/work/a.ts': "import { foldVm } from '@drover/contracts';" },
  },
];
