// Every kind of identifier, as a branded type with its parser and makers under one name. Two kinds never mix. Never: change
// the namespace or the words that an id is made from; streams are found by them, in every data directory there is.
import { hash, randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { Alias } from './machines/alias.js';
import type { Instant } from './time/clock.js';
import { hashOf } from './hash.js';

/** Text that is known to be an id of one kind. */
export type Id<Kind extends string> = string & z.core.$brand<Kind>;

/** Any schema of text as the schema of one kind. zod's own `.brand()` cannot be given a generic kind. */
const kindOf = <Kind extends string>(text: z.ZodType<string, string>) => {
  const schema = text as z.ZodType<Id<Kind>, string>;
  return { schema, parse: (raw: string) => schema.parse(raw) };
};

/**
 * Makes one kind of identifier: its type, its parser and its makers under one name.
 * Two kinds never mix, so a ConnectionId handed where a VmId is due does not compile.
 * `guid`, not `uuid`: ids made by other systems carry any version digit. Lower case, or one VM would have two streams.
 */
export const idOf = <Kind extends string>(kind: Kind) => {
  const id = kindOf<Kind>(z.guid(`not a ${kind}`).toLowerCase());
  const create = () => id.parse(randomUUID());
  /** UUIDv7: begins with the moment, so a database keeps it in order of time. */
  const createAt = (at: Instant) => {
    const ms = Date.parse(at).toString(16).padStart(12, '0');
    return id.parse(`${ms.slice(0, 8)}-${ms.slice(8)}-7${randomUUID().slice(15)}`);
  };
  return { ...id, create, createAt };
};
/**
 * Text that people or clients hand in as a name of one kind. Plain text is taken for one; an id of another kind is not, so
 * two kinds never mix. It is checked by its schema where it comes in.
 */
export type Chosen<Kind extends string> = string & Partial<z.core.$brand<Kind>>;

/** The same for names that are handed in. */
const chosenOf = <Kind extends string>(text: z.ZodType<string, string>) => {
  const schema = text as z.ZodType<Chosen<Kind>, string>;
  return { schema, parse: (raw: string) => schema.parse(raw) };
};

/** The type of an id, from the value of the same name. */
export type IdOf<T extends { schema: z.ZodType }> = z.output<T['schema']>;

/** UUIDv5 (RFC 9562 §5.5): the same words make the same id, on every machine and for ever. */
const uuidv5 = (namespace: string, words: readonly string[]) => {
  const space = Buffer.from(namespace.replaceAll('-', ''), 'hex');
  const digest = hash('sha1', Buffer.concat([space, Buffer.from(JSON.stringify(words))]), 'buffer');
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x50, 6); // version 5
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8); // the variant of the RFC
  const hex = digest.toString('hex', 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};

/** Drover's namespace for ids that are made from words. Never changed: streams are found by it. */
const NAMESPACE = '5d6d3e0e-3a1c-4d5f-9b7e-6f0c1f9b8a21';

// The list. Append only, alphabetical; say so where two kinds could be confused.

const alias = idOf('AliasId');
/** One alias, whoever holds it: its claims are kept under this id. */
export const AliasId = {
  ...alias,
  /** The same source, kind and value meet the same stream. */
  of: ({ source, kind, value }: Alias): AliasId => alias.parse(uuidv5(NAMESPACE, ['alias', source ?? '', kind, value])),
};
/** The id of one alias. */
export type AliasId = IdOf<typeof alias>;

const aliasKey = kindOf<'AliasKey'>(z.string());
/** One alias as text: machines are looked up by it. */
export const AliasKey = {
  ...aliasKey,
  of: ({ source, kind, value }: Alias): AliasKey => aliasKey.parse(`${kind}:${source ?? ''}:${value}`),
};
/** The text of one alias. */
export type AliasKey = IdOf<typeof aliasKey>;

const bulk = idOf('BulkId');
/** One request for many machines. Made from the request, so a repeat meets the same stream. */
export const BulkId = {
  ...bulk,
  /** `run`: how often a loss was accepted, so that the id of a bulk that was lost is not given again. */
  ofRequest: (commandId: CommandId | RequestId, run = 0): BulkId =>
    bulk.parse(uuidv5(NAMESPACE, ['bulk', commandId, ...(run > 0 ? [String(run)] : [])])),
};
/** The id of one bulk. */
export type BulkId = IdOf<typeof bulk>;

const command = kindOf<'CommandId'>(z.string());
/** One request, however often it is sent. Made from who asks for what under which key, never from the body. */
export const CommandId = {
  ...command,
  /** The same principal, route, ids in its path and Idempotency-Key make the same request. */
  of: (scope: { principal: PrincipalId; method: string; route: string; ids: string; key: string }): CommandId =>
    command.parse(hashOf([scope.principal, scope.method, scope.route, scope.ids, scope.key])),
  /** The request of one item of a bulk: the same however often the bulk is worked on. */
  ofItem: (bulkId: BulkId, index: number): CommandId => command.parse(hashOf([bulkId, index])),
};
/** The id of one request, the same in every repeat of it. */
export type CommandId = IdOf<typeof command>;

/** One append to a stream: made by the caller, the same when the append is sent again. */
export const CommitId = idOf('CommitId');
/** The id of one append. */
export type CommitId = IdOf<typeof CommitId>;

/** One connection to a provider: a slug from the file of connections. */
export const ConnectionId = kindOf<'ConnectionId'>(
  z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9-]{0,39}$/,
      'an id of a connection has 1 to 40 characters: lower-case letters, digits and dashes, no dash at the beginning',
    ),
);
/** The id of one connection. */
export type ConnectionId = IdOf<typeof ConnectionId>;

/** The kind of a connection: which adapter speaks to it. A process registers the kinds that it speaks. */
export const ConnectionKind = kindOf<'ConnectionKind'>(
  z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'a kind of connection has 1 to 40 characters: a-z, 0-9, dashes')
    .meta({ description: 'which adapter speaks to it, such as `simulator` or `vsphere`; more kinds may be added' }),
);
/** The name of one kind of connection. */
export type ConnectionKind = IdOf<typeof ConnectionKind>;

const mark = kindOf<'EventMark'>(z.string());
/** One event that the journal has trimmed: the last eight bytes of its id, in hex. */
export const EventMark = { ...mark, of: (id: FactId): EventMark => mark.parse(id.replaceAll('-', '').slice(-16)) };
/** The mark of one trimmed event. */
export type EventMark = IdOf<typeof mark>;

/** One fact, and the public event it may become. Made by the caller before the append. */
export const FactId = idOf('FactId');
/** The id of one fact. */
export type FactId = IdOf<typeof FactId>;

/** A group of machines and connections, for which rights can be granted. Whoever runs Drover, or its sign-in, names it. */
export const GroupId = chosenOf<'GroupId'>(z.string().min(1).max(64));
/** The name of one group. */
export type GroupId = IdOf<typeof GroupId>;

/** One event that a reader could not take. Made from the event and its reader, so it never means the next one. */
export const LetterId = chosenOf<'LetterId'>(z.string().regex(/^[\w-]{1,64}$/));
/** The id of one event that was set aside. */
export type LetterId = IdOf<typeof LetterId>;

const operation = kindOf<'OperationId'>(z.string().regex(/^[a-z]+\.[a-z]+-[a-z0-9][a-z0-9-]*\.[1-9]\d*$/));
/** A long-running request: `<service>.<stream>.<ordinal>`. Opaque to clients; its owner finds the stream in it. */
export const OperationId = {
  ...operation,
  of: (service: string, stream: StreamId, ordinal: number) => operation.parse(`${service}.${stream}.${ordinal}`),
  stream: (id: OperationId) => stream.parse(id.split('.')[1] ?? ''),
  ordinal: (id: OperationId) => Number(id.split('.')[2]),
  service: (id: OperationId) => id.split('.')[0] ?? '',
  /** The last ordinal that may have been given before a loss was accepted for the `run`th time. */
  spent: (run: number) => run * 1_000_000,
};
/** The id of one operation. */
export type OperationId = IdOf<typeof operation>;

/** Whoever asks or acts: a person, an agent, a service as its sign-in names it, or `policy:<name>` for a policy of ours. */
export const PrincipalId = chosenOf<'PrincipalId'>(z.string());
/** The name of whoever asks or acts. */
export type PrincipalId = IdOf<typeof PrincipalId>;

/** One run of a process, named anew at every start. What it read is numbered within it, and its workers are called after it. */
export const ProcessRunId = chosenOf<'ProcessRunId'>(z.string().min(1));
/** The id of one run of a process. */
export type ProcessRunId = IdOf<typeof ProcessRunId>;

/** One HTTP request, in logs, answers and commits. A client may choose it (`X-Request-Id`); a policy's is what it works on. */
export const RequestId = chosenOf<'RequestId'>(z.string().regex(/^[A-Za-z0-9._~-]{1,128}$/));
/** The id of one HTTP request, or of what a policy works on. */
export type RequestId = IdOf<typeof RequestId>;

/** Names a session in events and in what others are told. It opens no door: the secret of the cookie is another text. */
export const SessionId = kindOf<'SessionId'>(z.string().min(1).max(128));
/** The public id of one session. */
export type SessionId = IdOf<typeof SessionId>;

const store = kindOf<'StoreId'>(z.string());
/** One file of facts: positions mean nothing in another one. Any text loads, whichever release wrote it. */
export const StoreId = { ...store, create: () => store.parse(randomUUID()) };
/** The id of one file of facts. */
export type StoreId = IdOf<typeof store>;

const stream = kindOf<'StreamId'>(z.string().regex(/^[a-z]+-[a-z0-9][a-z0-9-]*$/));
/** Where the facts of one thing are kept: `<category>-<key>`, the key a GUID or a slug (`connection-lab`). */
export const StreamId = {
  ...stream,
  of: (category: string, key: string) => stream.parse(`${category}-${key}`),
  key: (category: string, id: StreamId) => id.slice(category.length + 1),
  category: (id: StreamId) => id.slice(0, id.indexOf('-')),
};
/** The name of one stream. */
export type StreamId = IdOf<typeof stream>;

const vm = idOf('VmId');
/** One virtual machine, whatever its provider calls it; a worker's id is one, too. */
export const VmId = {
  ...vm,
  /** The machine that a connection reports under a key: found again, it meets the same stream. */
  ofInstance: (connectionId: ConnectionId, key: string): VmId =>
    vm.parse(uuidv5(NAMESPACE, [connectionId, key.toLowerCase()])),
  /** The machine that a request registers: the request, repeated, meets the same stream. */
  ofRequest: (commandId: CommandId | RequestId): VmId => vm.parse(uuidv5(NAMESPACE, ['registered', commandId])),
};
/** The id of one machine. */
export type VmId = IdOf<typeof vm>;

/** One watch of simulated sites that their process keeps for whoever asks again. */
export const WatchId = idOf('WatchId');
/** The id of one watch. */
export type WatchId = IdOf<typeof WatchId>;

const worker = chosenOf<'WorkerId'>(z.string().min(1));
/** One worker of a run of a process, as it stands in the stream that it works on: `<run>/<number>`. Earlier releases wrote other text. */
export const WorkerId = {
  ...worker,
  of: (run: ProcessRunId, number: number): WorkerId => worker.parse(`${run}/${number}`),
  run: (id: WorkerId): ProcessRunId => ProcessRunId.parse(id.split('/')[0] || id),
};
/** The id of one worker. */
export type WorkerId = IdOf<typeof worker>;

/** One file of working rows, which SQLite names when it makes it. No StoreId: the facts lie in another file. */
export const WorkFileId = kindOf<'WorkFileId'>(z.string());
/** The id of one file of working rows. */
export type WorkFileId = IdOf<typeof WorkFileId>;
