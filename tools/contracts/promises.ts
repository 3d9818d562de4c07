// What a document promises to those who rely on it, as a list: so that a change is judged by comparing two lists.
// Looked at: addresses, statuses, media types, parameters, members, JSON types, the values that a request may have, who takes
// an event.
// Not looked at: lengths, ranges, patterns, defaults, new values in answers, rights, what the words mean.

/** A JSON value that is an object, or is taken for an empty one. */
export type Json = Readonly<Record<string, unknown>>;

/** `says` something that holds `at` a place. A demand is what a client must do; it is news only to who was `within`. */
export interface Promised {
  readonly at: string;
  readonly says: string;
  readonly demand?: { readonly within: string };
}

/** What stands between the parts of a place. */
export const STEP = ' > ';
const TYPES = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'];

/** Reads a value as an object. */
export const object = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});
const list = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];

/** Follows `$ref`s to what they point to, within the document. */
export const resolve = (document: Json, value: unknown): Json => {
  const { $ref } = object(value);
  if (typeof $ref !== 'string') return object(value);
  const path = $ref
    .replace(/^#\//, '')
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  return resolve(
    document,
    path.reduce<unknown>((part, name) => object(part)[name], document),
  );
};

/** A schema as the schemas it is a choice or a sum of: they are looked at as one. */
const parts = (document: Json, schema: unknown): readonly Json[] => {
  const own = resolve(document, schema);
  const more = ['anyOf', 'oneOf', 'allOf'].flatMap((word) => list(own[word]));
  return more.length > 0 ? [own, ...more.flatMap((each) => parts(document, each))] : [own];
};

const typesOf = (schemas: readonly Json[]) => {
  const said = schemas.flatMap(({ type, const: only }) =>
    type === undefined && only !== undefined ? [typeof only] : list(type),
  );
  return said.length === 0 ? TYPES : said.includes('number') ? [...said, 'integer'] : said;
};

/** What a schema promises of a value: to who reads it (`answer`), or to who sends it (`request`). */
export const ofSchema = (
  document: Json,
  schema: unknown,
  at: string,
  way: 'answer' | 'request',
): readonly Promised[] => {
  const schemas = parts(document, schema);
  const types = typesOf(schemas);
  const values = schemas.flatMap((each) => list(each['enum'] ?? each['const']));
  const own =
    way === 'answer'
      ? TYPES.filter((type) => !types.includes(type)).map((type) => ({ at, says: `is never ${type}` }))
      : [
          ...types.map((type) => `may be ${String(type)}`),
          ...values.map((value) => `may be ${JSON.stringify(value)}`),
        ].map((says) => ({ at, says }));
  const items = schemas.flatMap((each) => ('items' in each ? ofSchema(document, each['items'], `${at}[]`, way) : []));
  const others = schemas.flatMap((each) =>
    Object.keys(object(each['additionalProperties'])).length > 0
      ? ofSchema(document, each['additionalProperties'], `${at}.*`, way)
      : [],
  );
  const members = schemas.flatMap((each) =>
    Object.entries(object(each['properties'])).flatMap(([name, member]): readonly Promised[] => {
      const there = { at: `${at}${STEP}${name}`, within: at };
      const must = list(each['required']).includes(name);
      return [
        { at: there.at, says: 'exists' },
        ...(must && way === 'answer' ? [{ at: there.at, says: 'is always there' }] : []),
        ...(must && way === 'request' ? [{ at: there.at, says: 'is required', demand: there }] : []),
        ...ofSchema(document, member, there.at, way),
      ];
    }),
  );
  return [...own, ...items, ...others, ...members];
};
