// By which members readers choose among events, and whether a choice takes one. Never: a member of the data but `severity`;
// what is chosen by is kept beside the bytes of every event.
import type { CloudEvent } from '@drover/contracts';
import type { OperationId } from '@drover/kernel';

/** What of an event readers choose by. A journal keeps it beside the bytes, so that what nobody wants is not parsed. */
export interface Routing {
  readonly type: string;
  readonly subject: string;
  readonly key: string;
  readonly operation: OperationId | null;
  readonly severity: string | null;
}

/** Any of the values within one member, all members together; null asks for nothing. */
export interface JournalChoice {
  /** `family`: every type that begins like this one. */
  readonly types: readonly { readonly type: string; readonly family: boolean }[] | null;
  readonly subject: readonly string[] | null;
  readonly key: readonly string[] | null;
  readonly operation: readonly string[] | null;
  readonly severity: readonly string[] | null;
}

/** Every event. */
export const EVERY_EVENT: JournalChoice = { types: null, subject: null, key: null, operation: null, severity: null };

/** What an event is chosen by. */
export const routingOf = ({ type, subject, partitionkey, operationid, data }: CloudEvent): Routing => {
  const { severity } = data as { readonly severity?: unknown };
  return {
    ...{ type, subject, key: partitionkey, operation: operationid ?? null },
    severity: typeof severity === 'string' ? severity : null,
  };
};

const within = (any: readonly string[] | null, value: string | null) =>
  any === null || (value !== null && any.includes(value));

/** Whether a choice takes an event. */
export const chooses = (
  { types, ...choice }: JournalChoice,
  { type, subject, key, operation, severity }: Routing,
): boolean =>
  (types === null || types.some(({ type: of, family }) => (family ? type.startsWith(of) : type === of))) &&
  within(choice.subject, subject) &&
  within(choice.key, key) &&
  within(choice.operation, operation) &&
  within(choice.severity, severity);
