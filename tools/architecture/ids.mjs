// Every id has a kind (libs/kernel/src/ids.ts): a member or a parameter that is called an id is no plain text. What others
// named is their own: those stand below, each with its reason. Nothing here knows of types; it reads what is written.

/** A member, a parameter or a schema that is called an id and is plain text. */
const plain =
  /(?<![\w.'])(id|ids|session|\w+(?:Ids?|_id))\??: (?:readonly )?(?:string\b|z\s*\.(?:string|guid|uuid)\(|z\s*\.array\(z\.string\()/g;

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
  named(
    /kernel\/src\/(machines\/machine|ids)\.ts$/,
    ['id', 'ids'],
    'a disk as its provider calls it; the ids of a path together',
  ),
  named(/^apps\/stories\//, ['id', 'vmId', 'operationId', 'connectionId'], 'text of the JSON that clients see'),
  named(
    /integration\/(?!simulator|guard)[a-z]+\/src\//,
    ['id', 'ids'],
    'an object, a card or a disk as its provider calls it',
  ),
  named(/flow\/parked-rows\.ts$/, ['id'], 'an event with its source, as its reader calls it'),
  named(/./, ['importIds', 'bootId'], 'of the provider, of the agent'),
  named(/./, ['runId', 'heldByRunId', 'scheduleId', 'alarmId', 'jobId'], 'nothing makes these yet: they are null'),
];

/** The rule, as those of `tree.mjs`. */
export const idsHaveKinds = {
  name: 'an id has a kind of its own: no member that is called one is plain text',
  check: (files) =>
    Object.keys(files)
      .filter((path) => anywhere.test(path) && !/\.(?:spec|contract)\.ts$|\/testing\.ts$/.test(path))
      .flatMap((path) =>
        [...files[path].matchAll(plain)]
          .map(([, name]) => name)
          .filter((name) => !foreign.some((each) => each.path.test(path) && each.names.includes(name)))
          .map((name) => `${path}: ${name} is plain text; its kind belongs into libs/kernel/src/ids.ts`),
      ),
  wrong: { 'libs/power/src/domain/power.ts': 'type Open = { readonly bulkId: string | null };' },
};
