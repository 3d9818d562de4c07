// Damages a data directory, as disks, operators and other programs do: drawn from a seed, each told in a sentence.
import { cpSync, existsSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a damage is made from: the directory as it is, as it was earlier, and another one. */
export interface Copies {
  readonly earlier: string;
  readonly other: string;
}

/** A damage: what it is, which files it touches, and how it is done to a directory. */
export interface Damage {
  readonly says: string;
  /** The files and folders to be put back to undo it. */
  readonly touches: readonly string[];
  readonly apply: (dir: string) => void;
}

type Chance = (below: number) => number;

const services = ['inventory', 'power', 'gateway'] as const;
const stores = services.flatMap((service) =>
  ['facts.db', 'views.db', 'work.db', 'anchor'].map((file) => `${service}/${file}`),
);
const files = [...stores, ...stores, 'gateway/journal.db', 'gateway/journal.db', 'format.json', 'admin.token'];
const logs = [
  ...services.map((service) => `${service}/facts.db-wal`),
  'gateway/journal.db-wal',
  'gateway/views.db-wal',
];

const oneOf = <One>(list: readonly One[], chance: Chance) => list[chance(list.length)] as One;

/** With a database go its log and index. */
const withLog = (file: string) => (file.endsWith('.db') ? [file, `${file}-wal`, `${file}-shm`] : [file]);

const putBack = (dir: string, from: string, paths: readonly string[]) => {
  for (const path of paths.flatMap(withLog)) {
    rmSync(join(dir, path), { recursive: true, force: true });
    if (existsSync(join(from, path))) cpSync(join(from, path), join(dir, path), { recursive: true });
  }
};

const flip = (file: string, chance: Chance): Damage => {
  const [at, bit] = [chance(1_000_000) / 1_000_000, chance(8)];
  return {
    says: `a bit of ${file} is flipped, ${Math.round(at * 100)} % in`,
    touches: [file],
    apply: (dir) => {
      const bytes = readFileSync(join(dir, file));
      const place = Math.floor(bytes.length * at);
      if (bytes.length > 0) bytes.writeUInt8(bytes.readUInt8(place) ^ (1 << bit), place);
      writeFileSync(join(dir, file), bytes);
    },
  };
};
const cut = (file: string, chance: Chance): Damage => {
  const at = chance(1_000_000) / 1_000_000;
  return {
    says: `${file} is cut at ${Math.round(at * 100)} %`,
    touches: [file],
    apply: (dir) => truncateSync(join(dir, file), Math.floor(statSync(join(dir, file)).size * at)),
  };
};
const spoil = (file: string, chance: Chance): Damage => {
  const at = chance(1_000_000) / 1_000_000;
  return {
    says: `a stretch of ${file} is overwritten, ${Math.round(at * 100)} % in`,
    touches: [file],
    apply: (dir) => {
      const bytes = readFileSync(join(dir, file));
      const place = Math.floor(bytes.length * at);
      bytes.fill(7, place, Math.min(bytes.length, place + 300));
      writeFileSync(join(dir, file), bytes);
    },
  };
};
const remove = (file: string): Damage => ({
  says: `${file} is removed`,
  touches: [file],
  apply: (dir) => withLog(file).forEach((part) => rmSync(join(dir, part), { recursive: true, force: true })),
});
const swap = (one: string, another: string): Damage => ({
  says: `${one} and ${another} are swapped`,
  touches: [one, another],
  apply: (dir) => {
    for (const [i, part] of withLog(one).entries()) {
      const [a, b] = [join(dir, part), join(dir, withLog(another)[i] ?? another)];
      if (existsSync(a)) renameSync(a, `${a}.swapped`);
      if (existsSync(b)) renameSync(b, a);
      if (existsSync(`${a}.swapped`)) renameSync(`${a}.swapped`, b);
    }
  },
});
const older = (path: string, { earlier }: Copies): Damage => ({
  says: `${path} is from yesterday`,
  touches: [path],
  apply: (dir) => putBack(dir, earlier, [path]),
});
const foreign = (path: string, { other }: Copies): Damage => ({
  says: `${path} is of another directory`,
  touches: [path],
  apply: (dir) => putBack(dir, other, [path]),
});

/** The next damage that the chance decides. */
export const drawDamage = (chance: Chance, copies: Copies): Damage => {
  const file = oneOf(files, chance);
  const makers: readonly (() => Damage)[] = [
    () => flip(file, chance),
    () => flip(file, chance),
    () => spoil(file, chance),
    () => cut(file, chance),
    () => remove(file),
    () => older(file, copies),
    () => older(oneOf(services, chance), copies),
    () => foreign(oneOf(stores, chance), copies),
    () => remove(oneOf(services, chance)),
    () => flip(oneOf(logs, chance), chance),
    () => cut(oneOf(logs, chance), chance),
    () => remove(oneOf(logs, chance)),
    () => {
      const one = oneOf(stores, chance);
      const others = [...stores, 'gateway/journal.db'].filter((each) => each !== one);
      return swap(one, oneOf(others, chance));
    },
  ];
  return oneOf(makers, chance)();
};

/** Undoes it: what it touched is put back as it was. */
export const undo = (dir: string, from: string, { touches }: Damage) =>
  putBack(
    dir,
    from,
    touches.map((path) => path.replace(/-wal$/, '')),
  );
