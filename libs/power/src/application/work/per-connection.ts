// Shares the places of a policy among connections. Never: a machine that waits while nobody of its connection is worked on.
import { VmId, type ConnectionId, type Policy } from '@drover/kernel';
import type { JobQueue } from '@drover/ports';

/** How many machines of one connection are worked on at once. */
export const SHARE = 256;

/** Knows the connection of a machine. */
interface ConnectionLookup {
  entry(vmId: VmId): Promise<{ readonly connection: { readonly target: { readonly id: ConnectionId } } | null } | null>;
}

/** The machines of a connection: how many are worked on, and which wait for that. */
interface ConnectionQueue {
  working: number;
  readonly waiting: Set<string>;
}

/**
 * Works on so many machines of each connection at once and no more, so that those of a provider that is silent hold no
 * place of another. Who has to wait holds none either: it is nudged when one of its own connection is done.
 */
export const perConnection = (
  policy: Policy,
  { directory, jobs }: { readonly directory: ConnectionLookup; readonly jobs: Pick<JobQueue, 'nudge'> },
  share = SHARE,
): Policy => {
  const lines = new Map<ConnectionId | null, ConnectionQueue>();
  return {
    ...policy,
    advance: async (key, signal) => {
      const id = (await directory.entry(VmId.parse(key)))?.connection?.target.id ?? null;
      const line = lines.get(id) ?? { working: 0, waiting: new Set() };
      lines.set(id, line);
      if (line.working >= share) return void line.waiting.add(key);
      line.waiting.delete(key);
      line.working += 1;
      try {
        await policy.advance(key, signal);
      } finally {
        line.working -= 1;
        const [next] = line.waiting;
        if (next !== undefined) {
          line.waiting.delete(next);
          jobs.nudge(policy.name, next);
        } else if (line.working === 0) lines.delete(id);
      }
    },
  };
};
