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

/** Ways to relay that are not the house's: to show what the points of a kill find. */
export const otherWays = [
  'the views say that they have what is still to be written', // wrong
  'the journal says that it has what is still to be told', // wrong
  'the journal says later what it has', // harmless: what comes again is known by its id
  'the journal says later what it has, and an event is named when it is told', // wrong
] as const;

/** One of them. */
export type OtherWay = (typeof otherWays)[number];
