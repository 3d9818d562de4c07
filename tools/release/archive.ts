// A tar archive whose bytes follow from its entries alone: sorted, one time for all, no names of users, no time in gzip.
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** A file of an archive. */
export interface Entry {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly executable?: boolean;
}

const BLOCK = 512;
const encode = (text: string) => new TextEncoder().encode(text);

/** A path as ustar holds it: 100 bytes, and 155 more for the folders before them. */
const split = (path: string): readonly [prefix: string, name: string] => {
  if (encode(path).length <= 100) return ['', path];
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
    if (encode(name).length <= 100 && encode(prefix).length <= 155) return [prefix, name];
  }
  throw new Error(`${path} is too long for an archive`);
};

const header = ({ path, bytes, executable = false }: Entry, seconds: number) => {
  const block = new Uint8Array(BLOCK);
  const text = (at: number, given: string) => block.set(encode(given), at);
  const octal = (at: number, value: number, digits: number) => text(at, value.toString(8).padStart(digits, '0'));
  const [prefix, name] = split(path);
  text(0, name);
  octal(100, executable ? 0o755 : 0o644, 7);
  octal(108, 0, 7); // user and group: root
  octal(116, 0, 7);
  octal(124, bytes.length, 11);
  octal(136, seconds, 11);
  text(148, ' '.repeat(8)); // where the sum goes, it is blank
  text(156, '0'); // a file
  text(257, 'ustar\u000000');
  text(265, 'root');
  text(297, 'root');
  text(345, prefix);
  octal(
    148,
    block.reduce((sum, byte) => sum + byte, 0),
    6,
  );
  block[154] = 0;
  return block;
};

/** The tar archive of some entries, whatever their order; `seconds` is the time of each. */
export const tar = (entries: readonly Entry[], seconds: number): Uint8Array => {
  const sorted = [...entries].sort((a, b) => (a.path < b.path ? -1 : 1));
  const parts = sorted.flatMap((entry) => [
    header(entry, seconds),
    entry.bytes,
    new Uint8Array((BLOCK - (entry.bytes.length % BLOCK)) % BLOCK),
  ]);
  return Buffer.concat([...parts, new Uint8Array(2 * BLOCK)]);
};

/** The same, compressed. Node's gzip writes neither name nor time; the byte that names the system is set to "unknown". */
export const tarGz = async (entries: readonly Entry[], seconds: number): Promise<Uint8Array> => {
  const compressed = await promisify(gzip)(tar(entries, seconds), { level: 6 });
  compressed[9] = 255;
  return compressed;
};
