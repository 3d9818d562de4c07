// at libs/power/src/application/work/look.policy.ts
import { defineQuery } from '@drover/kernel';
import * as z from 'zod';

export const lookPolicy = () => ({ name: 'look', advance: async () => {}, unfinished: async () => [] });
export const look = defineQuery({ name: 'look', input: z.strictObject({}), needs: () => [], handle: async () => null }); // wrong: house/role
