// Which packages a release holds, by the lock file: what Drover needs while it runs, and nothing that builds or tests it.

/** What the lock file says of one package. */
export interface Locked {
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** The packages of a lock file, by the folder that each is installed in. */
export type Lock = Readonly<Record<string, Locked>>;

/** A package that is shipped: where it stands, and the folders of those that it needs. */
export interface Shipped {
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly integrity: string | null;
  readonly needs: readonly string[];
}

/** Dependencies of a start from source that a release does without: the compiler, and Node, which it brings as a program. */
export const BUILD_ONLY: readonly string[] = ['node', 'typescript-native', '@types/node'];

/** The folder that Node would find a package in, seen from another one; null when there is none. */
const found = (lock: Lock, from: string, name: string) => {
  for (let at = from; ;) {
    const folder = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (folder in lock) return folder;
    if (at === '') return null;
    const above = at.lastIndexOf('/node_modules/');
    at = above < 0 ? '' : at.slice(0, above);
  }
};

/** All packages that the root's dependencies reach, sorted by folder. A peer counts where it is installed for a start. */
export const shippedPackages = (lock: Lock): readonly Shipped[] => {
  const all = new Map<string, Shipped>();
  const foldersOf = (from: string, { dependencies, optionalDependencies, peerDependencies }: Locked) =>
    Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }).flatMap((name) => {
      const folder = found(lock, from, name);
      if (folder === null && name in (dependencies ?? {})) throw new Error(`the lock lacks ${name}, needed by ${from}`);
      return folder === null || lock[folder]?.dev ? [] : [folder];
    });
  const visit = (folder: string) => {
    if (all.has(folder)) return;
    const locked = lock[folder] ?? {};
    const { version = '', license = '', integrity = null } = locked;
    const needs = foldersOf(folder, locked).sort();
    const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
    all.set(folder, { folder, name, version, license, integrity, needs });
    needs.forEach(visit);
  };
  const { dependencies = {} } = lock[''] ?? {};
  const wanted = Object.keys(dependencies).filter((name) => !BUILD_ONLY.includes(name));
  foldersOf('', { dependencies: Object.fromEntries(wanted.map((name) => [name, ''])) }).forEach(visit);
  return [...all.values()].sort((a, b) => (a.folder < b.folder ? -1 : 1));
};
