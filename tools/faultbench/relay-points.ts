/** Where a process can be killed between a request to append and the checkpoint of the views that show the event. */
export const killPoints = [
  'before the append',
  'after the append',
  'after the publish',
  'before the checkpoint',
  'after the checkpoint',
] as const;

/** One of them. */
export type KillPoint = (typeof killPoints)[number];

/** What is in the stores of a process that came to its end: ids of events, where the journal has them, names of rows. */
export interface RelayEnd {
  readonly stored: readonly string[];
  readonly journal: readonly { readonly position: number; readonly id: string }[];
  readonly shown: readonly string[];
  readonly history: readonly string[];
}
