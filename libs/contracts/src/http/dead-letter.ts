// An event that was set aside, as the API shows it. Never: an event that was changed to be shown; it stands as it came.
import * as z from 'zod';
import { Instant, LetterId } from '@drover/kernel';

/** An event that a reader could not take: it waits with what follows it of the same key, and other keys go on. */
export const DeadLetter = z.object({
  id: LetterId.schema,
  service: z.string().meta({ description: 'whose reader it is' }),
  consumer: z.string().meta({ description: 'the reader, as /health/detail names it' }),
  key: z.string().meta({ description: 'of whom the event is, such as the id of a machine' }),
  followers: z.int().meta({ description: 'how many later events of the key wait behind it' }),
  event: z
    .union([z.record(z.string(), z.unknown()), z.string()])
    .meta({ description: 'as it came; its bytes in base64 where it could not be parsed' }),
  headers: z.record(z.string(), z.string()).meta({ description: 'what a broker brought beside it' }),
  error: z.object({ class: z.string(), detail: z.string() }),
  attempts: z.int(),
  firstAt: Instant.schema,
  lastAt: Instant.schema,
});
/** An event that was set aside, as an answer carries it. */
export type DeadLetter = z.output<typeof DeadLetter>;
