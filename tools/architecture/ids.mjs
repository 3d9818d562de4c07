// Every id has a kind, and all kinds are made in libs/kernel/src/ids.ts: a member, a parameter or a collection that is called
// after an id is no plain text. What others named is their own: those stand below, each with its reason. Nothing here knows of
// types; it reads what is written.

/** A member, a parameter or a schema of that name which is plain text. */
const plain = (names) =>
  new RegExp(
    `(?<![\\w.'])(${names})\\??: (?:readonly )?(?:string\\b|z\\s*\\.(?:string|guid|uuid)\\(|z\\s*\\.array\\(z\\.string\\()`,
    'g',
  );
/** A map or a set that is called after ids, or after things that have one, and is keyed by plain text. */
const keyed =
  /\b(ids|\w+Ids|\w*(?:[vV]m|[oO]peration|[cC]onnection|[sS]tream|[sS]ession|[bB]ulk|[lL]etter)s)(?:\??:| =)[^;\n]*?\b(?:Map|Set|Record|recentMap)<string\b/g;

const LIST = 'libs/kernel/src/ids.ts';
const anywhere = /^(?:libs(?:\/infrastructure|\/integration)?|apps)\/[^/]+\/src\/.*\.ts$/;

const named = (path, names, because) => ({ path, names, because });
/** Ids that are not ours to make, or of things that there are not yet. */
export const foreign = [
  named(/^libs\/contracts\/src\/(document\/|openapi\.ts)/, ['id', 'operationId'], 'members of OpenAPI and JSON Schema'),
  named(/./, ['traceId', 'parentId'], 'W3C Trace Context'),
  named(/./, ['lastEventId'], 'text of a header, whatever it is; a cursor once it is read'),
  named(/./, ['vm_id'], 'the older paths: an id or a name, whatever the client has'),
  named(
    /operations?\/operation-record\.ts$|http\/operation\.ts$/,
    ['id'],
    'of a target: its `type` says of which kind',
  ),
  named(/kernel\/src\/machines\/machine\.ts$/, ['id'], 'a disk as its provider calls it'),
  named(
    /^apps\/stories\//,
    ['id', 'vm', 'vmId', 'operation', 'operationId', 'connectionId'],
    'text of the JSON that clients see',
  ),
  named(
    /integration\/(?!simulator|guard)[a-z]+\/src\//,
    ['id', 'ids'],
    'an object, a card or a disk as its provider calls it',
  ),
  named(/flow\/parked-rows\.ts$/, ['id'], 'an event with its source, as its reader calls it'),
  named(/./, ['importIds', 'bootId'], 'of the provider, of the agent'),
  named(/domain\/filter-query\.ts$|journal\/routing\.ts$/, ['vm', 'operation'], 'text that a client asks for'),
  named(/simulator\/src\/(provider|steering)/, ['vm'], 'a name or an id, whatever the file says'),
  named(/events\/inventory\.v1\.ts$/, ['stream'], 'published as text; the fact that it tells of has the id'),
  named(/./, ['runId', 'heldByRunId', 'scheduleId', 'alarmId', 'jobId'], 'nothing makes these yet: they are null'),
];

const isForeign = (path, name) => foreign.some((each) => each.path.test(path) && each.names.includes(name));

/** A rule that looks for a pattern, whose first group is the name. */
const rule = (name, pattern, says, wrong) => ({
  name,
  check: (files) =>
    Object.keys(files)
      .filter((path) => anywhere.test(path) && !/\.(?:spec|contract|story)\.ts$|\/testing\.ts$/.test(path))
      .filter((path) => path !== LIST)
      .flatMap((path) =>
        [...files[path].matchAll(pattern)]
          .map(([, found]) => found)
          .filter((found) => !isForeign(path, found))
          .map((found) => `${path}: ${found} ${says}`),
      ),
  wrong,
});

/** The rules, as those of `tree.mjs`. */
export const idRules = [
  rule(
    'an id has a kind of its own: no member and no parameter that is called one is plain text',
    plain('id|ids|\\w+(?:Ids?|_id)'),
    'is plain text; its kind belongs into libs/kernel/src/ids.ts',
    { 'libs/power/src/domain/power.ts': 'type Open = { readonly bulkId: string | null };' },
  ),
  rule(
    'what is called after a thing that has an id is no plain text',
    plain('vm|operation|connection|stream|session|bulk|letter'),
    'is plain text',
    { 'libs/power/src/domain/power.ts': 'export const historyKey = (vm: string) => vm;' },
  ),
  rule('whoever asks, acts or works has a kind', plain('sub|principal|actor|holder'), 'is plain text', {
    'libs/power/src/domain/power.ts': 'type Open = { readonly holder: string | null };',
  }),
  rule('what is keyed by ids is keyed by their kind', keyed, 'is keyed by plain text', {
    'libs/power/src/domain/power.ts': 'const streams = new Map<string, number>();',
  }),
  rule('no id is another name for text', /\btype (\w*(?:Ids?|Key)) = (?:readonly )?string\b/g, 'is plain text', {
    'libs/power/src/domain/power.ts': 'export type WorkerId = string;',
  }),
  rule(
    'every kind of id stands in the list',
    /\b(?:idOf\('|kindOf<'|chosenOf<'|\$brand<')(\w+)/g,
    'is made here; its place is libs/kernel/src/ids.ts',
    { 'libs/power/src/domain/power.ts': "export const WorkerId = idOf('WorkerId');" },
  ),
];
