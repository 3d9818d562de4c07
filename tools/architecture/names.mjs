// One exported name, one declaration: whoever reads the name of a type knows which one it is, wherever he stands. A re-export
// is no declaration; a value and a type of one name in one file are one. Functions and plain values are not looked at: they
// are read beside the import that says whose they are. Nothing here knows of types; it reads what is written.

const declared = /^export (?:declare )?(?:abstract )?(?:type|interface|class|enum|const) ([A-Z]\w*[a-z]\w*)/gm;
const looked = /^(?:libs|apps)\/.*\.ts$/;

/** The rule, as those of `tree.mjs`. */
export const oneNameOneType = {
  name: 'an exported type or schema has a name that no other one has',
  check: (files) => {
    const places = new Map();
    for (const path of Object.keys(files).filter((each) => looked.test(each)))
      for (const [, name] of files[path].matchAll(declared)) places.set(name, new Set(places.get(name)).add(path));
    return [...places]
      .filter(([, paths]) => paths.size > 1)
      .map(([name, paths]) => `${name} is declared in ${[...paths].join(' and in ')}: say of one which it is`);
  },
  wrong: {
    'libs/power/src/domain/power-work.ts': 'export type Fault = { readonly code: string };',
    'libs/ports/src/event-store/event-store.ts': 'export interface Fault {}',
  },
};
