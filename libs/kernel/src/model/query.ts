// A request that changes nothing. It is made and checked like a command, so rights are asked in one way. Never: a change
// that somebody asked for; a query may record that it was asked, and what it found.
import type * as z from 'zod';
import type { CommandDefinition } from './command.js';

/** A question and its answer in one value. It has the shape of a command and changes nothing. */
export type QueryDefinition<Input extends z.ZodType, Ports, Result> = CommandDefinition<Input, Ports, Result>;

/** Checks the shape of a query and infers its types. */
export const defineQuery = <Input extends z.ZodType, Ports, Result>(q: QueryDefinition<Input, Ports, Result>) => q;
