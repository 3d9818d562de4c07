import { Cidr, ConnectionId, ConnectionKind, CredentialRef, type Tls } from '@drover/kernel';
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
const allowed = z.union([hostName, Cidr], 'a host name, an address or a CIDR');

const entry = z
  .strictObject({
    id: ConnectionId.schema,
    name: z.string().min(1).max(253),
    kind: ConnectionKind.exclude(['simulator']),
    url: z.url({ protocol: /^https?$/, error: 'an http or https address' }),
    credential: CredentialRef,
    tls,
    allow: z.array(allowed).max(50).default([]),
    groupIds: z.array(z.string().min(1).max(64)).max(50).default([]),
  })
  .refine(({ url }) => !/^[a-z]+:\/\/[^/]*@/i.test(url), 'the url holds no user and no password');
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
const named = z.object({ id: slug.catch('without an id'), kind: slug });

/** Refuses the first connection of a kind that nobody here speaks. What is no slug is not repeated: it may be a secret. */
const spoken = (content: unknown, kinds: readonly ConnectionKind[]) => {
  for (const each of Array.isArray(content) ? (content as unknown[]) : []) {
    const { success, data } = named.safeParse(each);
    if (!success || kinds.some((kind) => kind === data.kind)) continue;
    throw new ConnectionsFileRefused(
      `DROVER_CONNECTIONS: the connection ${data.id} is of kind ${data.kind}, which this Drover does not speak. Kinds that work: ${kinds.join(', ')}.`,
    );
  }
};

/** Reads the file of connections, JSON or YAML (JSON is YAML). `kinds`: those that somebody here speaks. */
export const readConnectionsFile = (path: string, kinds: readonly ConnectionKind[]): readonly FileConnection[] => {
  let content: unknown;
  try {
    content = parse(readSmallFile(path));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConnectionsFileRefused(
      `DROVER_CONNECTIONS: ${path} cannot be ${code?.startsWith('E') ? `read (${code})` : 'understood: it is neither JSON nor YAML'}.`,
    );
  }
  spoken(content, kinds);
  const read = file.safeParse(content ?? []);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const where = issue?.path.length ? ` at ${issue.path.join('.')}` : '';
  throw new ConnectionsFileRefused(
    `DROVER_CONNECTIONS: ${path} is wrong${where}: ${issue?.message ?? 'it does not fit'}.`,
  );
};
