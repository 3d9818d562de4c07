// What a machine is called elsewhere, and how an alias joins those that are known. Never: another way to add one; all
// services must know a machine by the same names.
import * as z from 'zod';

/** What a machine is called elsewhere. Only `instance-uuid` and `cloud-instance-id` name one machine for certain. */
export const Alias = z.strictObject({
  source: z
    .string()
    .max(253)
    .nullable()
    .meta({ description: 'who uses it: a connection id; null when everybody does' }),
  kind: z.enum(['instance-uuid', 'bios-uuid', 'moref', 'cloud-instance-id', 'hostname', 'context-id', 'vm-name']),
  value: z.string().min(1).max(253),
});
/** One alias of a machine. */
export type Alias = z.output<typeof Alias>;

/** The kinds that a source gives a machine one of: a new one takes the place of the old. */
const oneEach: ReadonlySet<Alias['kind']> = new Set(['instance-uuid', 'bios-uuid', 'moref', 'vm-name']);

/** Whether two aliases are one. */
export const sameAlias = (a: Alias, b: Alias) => a.kind === b.kind && a.source === b.source && a.value === b.value;

/** The aliases with one more: how every service grows them, so that all know a machine by the same names. */
export const withAlias = (aliases: readonly Alias[], alias: Alias): readonly Alias[] => {
  const { kind, source } = alias;
  const replaced = (each: Alias) => oneEach.has(kind) && each.kind === kind && each.source === source;
  return [...aliases.filter((each) => !sameAlias(each, alias) && !replaced(each)), alias];
};
