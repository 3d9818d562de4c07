// What a door asks of the views, so that a client reads what it has just changed. Never: a wait without an end; after two
// seconds the answer says that it is not there yet.
import type { ProblemCode, Service } from '@drover/contracts';
import type { OperationId, Rejection } from '@drover/kernel';

/** The views that serve reads, wherever they are kept. */
export interface ReadViews {
  /**
   * Once reads show everything that the service has recorded up to now: where the event that ended the operation stands
   * in the journal, if it is there. Null when they do not within two seconds.
   */
  after(service: Service, operation?: OperationId): Promise<{ readonly position: string | null } | null>;
  /** Once reads show the journal up to a place: null; else why they do not. */
  reached(cursor: string): Promise<Rejection<ProblemCode> | null>;
}
