// The file of connections, JSON or YAML, checked member by member. What is wrong becomes one sentence with the place and the
// connection. Never: repeat a value of the file in that sentence, nor the name of an unknown member; either may be a secret.
import { Cidr, ConnectionId, ConnectionKind, CredentialRef, GroupId, type Tls } from '@drover/kernel';
import { parse } from 'yaml';
import * as z from 'zod';
import { readSmallFile } from './small-file.local.js';

const tls = z
  .strictObject({
    ca: z.string().min(1).exactOptional(),
    fingerprint: z
      .string()
      .regex(/^([0-9A-Fa-f]{2}:?){32}$/, 'a SHA-256 fingerprint has 64 hex digits')
      .exactOptional(),
    insecure: z.literal(true).exactOptional(),
  })
  .refine((given) => Object.keys(given).length <= 1, 'name one of ca, fingerprint, insecure')
  .default({});
// Digits and dots alone are an address, or a slip in one.
const hostName = z.string().regex(/^(?![\d.]+$)[\w-]+(\.[\w-]+)*\.?$/);
const allowed = z.union([hostName, Cidr], 'each entry of allow must be a host name, an address or a CIDR');

const entry = z
  .strictObject({
    id: ConnectionId.schema,
    name: z.string().min(1).max(253),
    kind: ConnectionKind.schema,
    url: z.url({ protocol: /^https?$/, error: 'the url must be an http or https address' }),
    credential: CredentialRef,
    tls,
    allow: z.array(allowed).max(50).default([]),
    groupIds: z.array(GroupId.schema).max(50).default([]),
  })
  // Both stand in what is shown and recorded of a connection. A backslash is read as a slash.
  .refine(({ url }) => !/[@\\]/.test(url), 'the url holds no user and no password')
  .refine(({ url }) => !/[?#]/.test(url), 'the url has no query and no fragment');
const file = z.array(entry).refine((all) => new Set(all.map(({ id }) => id)).size === all.length, 'two have one id');

/** A connection as the operator wrote it. */
export type FileConnection = z.output<typeof entry>;

/** The file of connections cannot be used. The sentence says what is wrong with it, and repeats no value. */
export class ConnectionsFileRefused extends Error {
  override readonly name = 'ConnectionsFileRefused';
}

/** How a certificate is judged, from the file's shorter way to say it. */
export const tlsOf = ({ ca, fingerprint, insecure }: FileConnection['tls']): Tls => {
  if (ca) return { mode: 'ca', value: ca };
  if (fingerprint) return { mode: 'fingerprint', value: fingerprint.replaceAll(':', '').toLowerCase() };
  return { mode: insecure ? 'insecure' : 'system', value: null };
};

const slug = z.string().regex(/^[a-z0-9-]{1,40}$/);
const named = z.object({ id: slug.catch('without an id'), kind: z.unknown().optional() });

/** How the kind of a connection is told; what is no slug is not repeated: it may be a secret. */
const kindTold = (kind: unknown) => {
  if (kind === undefined) return 'says no kind';
  const { success, data } = slug.safeParse(kind);
  return success
    ? `is of kind ${data}, which this Drover does not speak`
    : 'is of a kind that this Drover does not speak';
};

/** Refuses the first connection of a kind that nobody here speaks, however it is spelled. */
const spoken = (content: unknown, kinds: readonly ConnectionKind[]) => {
  for (const each of Array.isArray(content) ? (content as unknown[]) : []) {
    const { success, data } = named.safeParse(each);
    if (!success || kinds.some((kind) => kind === data.kind)) continue;
    throw new ConnectionsFileRefused(
      `DROVER_CONNECTIONS: the connection ${data.id} ${kindTold(data.kind)}. Kinds that work: ${kinds.join(', ')}.`,
    );
  }
};

/** The path as it may be printed: somebody may have given an address or the content itself instead. */
const shown = (path: string) => (/^[\w./ -]{1,200}$/.test(path) ? path : 'the file');

/** What is wrong, where, and with which connection. The name of a member that nobody knows may be a secret as well. */
const complaint = (content: unknown, issue: z.core.$ZodIssue) => {
  const [index, ...rest] = issue.path;
  const found = named.shape.id.safeParse((content as Record<number, { id?: unknown }>)[Number(index)]?.id).data;
  const whose = index === undefined ? '' : ` at ${[index, ...rest].join('.')} (the connection ${found})`;
  if (issue.code !== 'unrecognized_keys') return `${whose}: ${issue.message}`;
  const known = Object.keys(rest[0] === 'tls' ? tls.unwrap().shape : entry.shape);
  const { length } = issue.keys;
  return `${whose}: ${length === 1 ? 'one of its members is' : `${length} of its members are`} not known; those that are: ${known.join(', ')}`;
};

/** Reads the file of connections, JSON or YAML (JSON is YAML). `kinds`: those that somebody here speaks. */
export const readConnectionsFile = (path: string, kinds: readonly ConnectionKind[]): readonly FileConnection[] => {
  let content: unknown;
  try {
    content = parse(readSmallFile(path));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConnectionsFileRefused(
      `DROVER_CONNECTIONS: ${shown(path)} cannot be ${code?.startsWith('E') ? `read (${code})` : 'understood: it is neither JSON nor YAML'}.`,
    );
  }
  spoken(content, kinds);
  const read = file.safeParse(content ?? []);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new ConnectionsFileRefused(
    `DROVER_CONNECTIONS: ${shown(path)} is wrong${issue ? complaint(content, issue) : ': it does not fit'}.`,
  );
};
