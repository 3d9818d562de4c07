// An event as the API shows it. Never: a position for an internal one; it is in no journal.
import * as z from 'zod';
import { CloudEvent } from '../cloud-event.js';
import { Cursor } from './page.js';

/**
 * A fact as clients read it: a structured CloudEvent with its place in the journal. Internal facts, of type
 * `io.drover.<service>.internal.<fact>`, are shown with their operation only and have no place.
 */
export const PublicFact = CloudEvent.extend({ position: Cursor.nullable() });
/** A fact as an answer carries it. */
export type PublicFact = z.output<typeof PublicFact>;
