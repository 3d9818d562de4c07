// What people may order at a site past Drover, as lines of a file. Never: an order carried out in part, because one of its
// members is not known.
import * as z from 'zod';
import { ConnectionId, Tools } from '@drover/kernel';
import { sites } from '../sites/connections.simulator.js';

const Site = ConnectionId.schema.refine((id) => sites.some((site) => site.id === id), 'there is no such site');

/** Which machine: its name or its vmId; `site` where the name exists on both. */
const who = { vm: z.string().min(1), site: Site.exactOptional() };

/**
 * What somebody else does at a site, past Drover; a line of `outside.ndjson`. Power changes at once, tools return in
 * their own time. `silently`: the site does not tell that the machine went, only the next listing lacks it. `add`
 * brings back a machine of that name that was removed, else makes one. `tools`: as they are while the guest runs.
 * `state`: whether the site reaches the machine, whether it is a template, whether its power can be read.
 */
export const Order = z.discriminatedUnion('do', [
  z.strictObject({ ...who, do: z.enum(['power-off', 'power-on', 'reset', 'suspend']) }),
  z.strictObject({ ...who, do: z.literal('remove'), silently: z.boolean().exactOptional() }),
  z.strictObject({ ...who, do: z.literal('add') }),
  z.strictObject({ ...who, do: z.literal('rename'), name: z.string().min(1) }),
  z.strictObject({ ...who, do: z.literal('tools'), tools: Tools }),
  z.strictObject({
    ...who,
    do: z.literal('guest'),
    obeys: z.boolean().exactOptional(),
    shutdownMs: z.int().min(0).nullable().exactOptional(),
  }),
  z.strictObject({
    ...{ ...who, do: z.literal('state'), connectionState: z.string().min(1).max(40).exactOptional() },
    ...{ template: z.boolean().exactOptional(), readable: z.boolean().exactOptional() },
  }),
  z.strictObject({ ...who, do: z.literal('question'), text: z.string().nullable() }),
  z.strictObject({ ...who, do: z.literal('template'), is: z.boolean() }),
]);
/** An order as it was read. */
export type Order = z.output<typeof Order>;

/** Reads one line. What it is not is said in a sentence. */
export const readOrder = (text: string): { readonly order: Order } | { readonly problem: string } => {
  try {
    const read = Order.safeParse(JSON.parse(text));
    return read.success ? { order: read.data } : { problem: z.prettifyError(read.error) };
  } catch {
    return { problem: 'it is not JSON' };
  }
};
