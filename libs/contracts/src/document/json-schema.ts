// zod schemas as JSON Schema, named ones once and pointed to. It adapts them to generators of clients: types beside
// constants, defaults only in words. Never: close an answer's object; members are added within a version, and a strict
// client would refuse them.
import * as z from 'zod';

/** A JSON Schema, as far as a document carries it: its members are not looked at. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What a schema is printed for: a body that is sent, an answer, or a parameter, whose text means the value it is read as. */
export type Use = 'input' | 'output' | 'parameter';

/** What a document needs of schemas: each as JSON, and the named ones, which the others point to. */
export interface SharedSchemas {
  of(schema: z.ZodType, use: Use): JsonSchema;
  /** Those of the named schemas that were met so far, by name, in the order of their names. */
  components(): Readonly<Record<string, JsonSchema>>;
}

const isOpen = (schema: z.core.$ZodType) => schema instanceof z.ZodObject && schema.def.catchall === undefined;

/** Says what a reader needs, not how zod checks it: `format` instead of long patterns, no bounds of safe integers. */
const tidy = (json: Record<string, unknown>, schema: z.core.$ZodType, use: Use) => {
  Object.assign(json, z.globalRegistry.get(schema));
  delete json['readOnly']; // zod says it of a type that nobody may change; OpenAPI of a member that nobody may send
  if (json['format'] === 'uuid') delete json['pattern'];
  if (json['format'] === 'date-time') {
    // Every offset and precision is read; one spelling is written.
    if (use !== 'output') delete json['pattern'];
    else json['pattern'] = '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$';
  }
  if (json['minimum'] === Number.MIN_SAFE_INTEGER) delete json['minimum'];
  if (json['maximum'] === Number.MAX_SAFE_INTEGER) delete json['maximum'];
  // Members are added within a version: a client that refuses what it does not know breaks by itself.
  if (use === 'output' && isOpen(schema)) delete json['additionalProperties'];
};

/**
 * For generators of clients: a constant states its type. A member of a body that has a default names it in its description:
 * beside `default`, widespread generators make it a member that every request must have.
 */
const forGenerators = (json: unknown, use: Use): unknown => {
  if (Array.isArray(json)) return json.map((each) => forGenerators(each, use));
  if (typeof json !== 'object' || json === null) return json;
  const own = Object.fromEntries(Object.entries(json).map(([name, each]) => [name, forGenerators(each, use)]));
  if (['string', 'number', 'boolean'].includes(typeof own['const'])) own['type'] ??= typeof own['const'];
  if (use !== 'input' || own['default'] === undefined) return own;
  const { default: left, description, ...rest } = own;
  const otherwise = `${JSON.stringify(left)} when left out`;
  return { ...rest, description: typeof description === 'string' ? `${description}; ${otherwise}` : otherwise };
};

const pointTo = (components: string, json: unknown, use: Use): JsonSchema =>
  JSON.parse(
    JSON.stringify(forGenerators(json, use)).replaceAll(/"#\/(?:\$defs|definitions)\//g, `"${components}`),
  ) as JsonSchema;

const inOrder = <Value>(values: ReadonlyMap<string, Value>) =>
  Object.fromEntries([...values].sort(([a], [b]) => (a < b ? -1 : 1)));

/**
 * Turns zod schemas into JSON Schemas of one document. The named ones stand once, under `#/components/schemas`, and are
 * pointed to wherever they occur. A name that would mean one thing in a request and another in an answer is refused.
 */
export const sharedSchemas = (
  named: Readonly<Record<string, z.ZodType>>,
  target: 'draft-2020-12' | 'draft-7' = 'draft-2020-12',
): SharedSchemas => {
  const names = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(named)) names.add(schema, { id });
  const met = new Map<string, JsonSchema>();
  const keep = (name: string, json: JsonSchema) => {
    const before = met.get(name);
    if (before && JSON.stringify(before) !== JSON.stringify(json)) throw new Error(`${name} has two meanings`);
    met.set(name, json);
  };
  return {
    of: (schema, use) => {
      const json = z.toJSONSchema(z.object({ it: schema }), {
        io: use === 'input' ? 'input' : 'output',
        target,
        metadata: names,
        override: ({ zodSchema, jsonSchema }) => tidy(jsonSchema, zodSchema, use),
      });
      for (const [name, each] of Object.entries(json.$defs ?? json['definitions'] ?? {}))
        keep(name, pointTo('#/components/schemas/', each, use));
      return pointTo('#/components/schemas/', json.properties?.['it'] ?? {}, use);
    },
    components: () => inOrder(met),
  };
};
