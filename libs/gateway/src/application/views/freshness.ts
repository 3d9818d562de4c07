// How old the views are, counted for each service: where its log ends, and up to where its events were taken. One service
// that is behind makes the answer old. Never: answer `now` for a service of which the end of the log is not known.
import type { Service } from '@drover/contracts';
import { Instant } from '@drover/kernel';

/** How much of the log of a service the views have been told. */
interface Source {
  /** The last position of the log; null until the bus has said. */
  head: number | null;
  taken: number;
  /** When the first event that was not told was recorded, as far as that is known. */
  since: Instant | null;
  /** When the last event that was told was recorded. */
  last: Instant | null;
}

/** How old the views are: what each service has recorded, and what of it they have been told. */
export interface Freshness {
  heads(service: Service, head: number, since: Instant | null): void;
  /** The views have everything of the service up to a position; `last`: when the last event of that was recorded. */
  took(service: Service, position: number, last?: Instant | null): void;
  /** Views that begin anew have been told nothing. */
  forget(): void;
  /** Where the log of a service ends; null when that is not known. */
  headOf(service: Service): number | null;
  has(service: Service, position: number): boolean;
  /**
   * The time up to which the views have been told: `now` only where they have everything of each service. `shown`: when
   * the last event that they show was recorded, for a service of which nothing was heard since the start.
   */
  asOf(now: Instant, shown: Instant | null): Instant;
}

/** Of views that were told nothing. */
const NEVER = Instant.ofMs(0);
const latest = (...instants: readonly (Instant | null)[]) =>
  instants.reduce<Instant>((late, at) => (at !== null && at > late ? at : late), NEVER);

/** Keeps count of what the views have been told. */
export const freshnessOf = (): Freshness => {
  const sources = new Map<Service, Source>();
  const of = (service: Service) => {
    const known = sources.get(service) ?? { head: null, taken: 0, since: null, last: null };
    sources.set(service, known);
    return known;
  };
  const isAtEnd = ({ head, taken }: Source) => head !== null && taken >= head;
  /** Told up to, and not including, the first event that was not. */
  const until = ({ since, last }: Source, shown: Instant | null) =>
    latest(last ?? shown, since && Instant.plusSeconds(since, -0.001));

  return {
    heads: (service, head, since) => {
      const source = of(service);
      if (isAtEnd(source) && head > source.taken) source.since = since;
      source.head = Math.max(head, source.head ?? 0);
    },
    took: (service, position, last = null) => {
      const source = of(service);
      source.taken = position;
      source.last = last ?? source.last;
      if (isAtEnd(source)) source.since = null;
    },
    forget: () => {
      for (const source of sources.values()) Object.assign(source, { taken: 0, since: null, last: null });
    },
    headOf: (service) => sources.get(service)?.head ?? null,
    has: (service, position) => (sources.get(service)?.taken ?? 0) >= position,
    asOf: (now, shown) => {
      const ages = [...sources.values()].map((source) => (isAtEnd(source) ? now : until(source, shown)));
      const oldest = ages.reduce<Instant | null>((old, at) => (old === null || at < old ? at : old), null);
      const told = oldest ?? shown ?? NEVER;
      return told < now ? told : now;
    },
  };
};
