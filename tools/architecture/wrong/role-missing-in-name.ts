// at libs/power/src/application/work/second-look.ts
import { defineCommand, defineQuery, type Decider, type Policy, type Projection } from '@drover/kernel';
import { operationUseCases } from '@drover/operations';
import * as z from 'zod';
import { cancel, rows, verbs, type Command, type Event, type Row, type State } from './second-row.js';

const input = z.strictObject({});
export const secondLook = (): Policy & { readonly sessions: number } => secondLooks; // wrong: house/role
const secondLooks = { name: 'second-look', sessions: 1, advance: async () => {}, unfinished: async () => [] }; // wrong: house/role
export const look = defineQuery({ name: 'look', input, needs: () => [], handle: async () => null }); // wrong: house/role
export const once = () => ({
  stop: defineCommand({ name: 'stop', input, needs: () => [], handle: async () => null }), // wrong: house/role
});
export const seen: Projection<Event, Row> = rows; // wrong: house/role
export const decider: Decider<Command, Event, State, never> = cancel; // wrong: house/role
export const table = { commands: { once }, queries: { look } }; // wrong: house/role
export const uses = operationUseCases(verbs); // wrong: house/role
export { secondLooks };

// What wraps a policy makes none.
export const often = (policy: Policy): Policy => ({ ...policy, name: `often-${policy.name}` });
