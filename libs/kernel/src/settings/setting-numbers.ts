// Numbers as they stand in the environment. Never: `z.coerce.number()`, which would take an empty value for 0.
import * as z from 'zod';

/** A whole number in a setting; `what` begins the sentence of a refusal. */
export const wholeNumber = (what: string, min: number, max: number) =>
  z
    .string()
    .refine(
      (text) => /^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max,
      `${what} is a whole number from ${min} to ${max}`,
    )
    .transform(Number);

/** A factor in a setting: a decimal number from 0 to 100. */
export const factor = z
  .string()
  .refine((text) => /^\d+(\.\d+)?$/.test(text) && Number(text) <= 100, 'a factor is a number from 0 to 100')
  .transform(Number);
