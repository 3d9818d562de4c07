// The ports of a provider with a guard before them: every call of this process to one connection takes the connection's
// line. A newer revision of a connection gets a new line. Never: a second guard for one process, or a call past it; the
// limits hold only for calls that all go through here.
import type { ConnectionId, ConnectionTarget } from '@drover/kernel';
import type { MachineCatalog, PowerControl, Provider } from '@drover/ports';
import { lineOf, type ProviderLine, type LinePorts } from './line.provider-guard.js';

const LOOK = { ms: 15_000, sent: 'no', patient: false } as const;
/** A task of the provider's may take a minute. */
const CALL = { ms: 75_000, sent: 'maybe', patient: true } as const;

/**
 * Stands before providers for everybody in the process: per connection a bulkhead, a time limit and a breaker, in this
 * order, and a ping when nothing else is asked. What it finds out about who answers is told to the contact.
 */
export const guarded = ({ control, catalog, ping }: Provider, ports: Omit<LinePorts, 'ping'>) => {
  const { contact } = ports;
  const lines = new Map<ConnectionId, ProviderLine>();
  const of = (target: ConnectionTarget): ProviderLine => {
    const known = lines.get(target.id);
    if (known && known.target.revision >= target.revision) return known;
    known?.stop(); // what was found out under other settings says nothing
    const line = lineOf(target, { ...ports, ping });
    lines.set(target.id, line);
    return line;
  };
  const leave = contact.onChange((id) => {
    const { is, detail } = contact.of(id);
    if (is !== 'answering') lines.get(id)?.breaker.trip(detail ?? 'it does not answer');
  });

  async function* following<Item>(target: ConnectionTarget, open: () => AsyncIterable<Item>, signal: AbortSignal) {
    const line = of(target);
    await line.breaker.reached(signal);
    try {
      for await (const item of open()) {
        line.heard();
        yield item;
      }
    } catch (error) {
      line.ended(error, signal);
      throw error;
    }
  }

  const guardedControl: PowerControl = {
    read: (machine, signal) => of(machine.target).call(LOOK, (until) => control.read(machine, until), signal),
    send: (machine, call, token, signal, onTurn) => {
      const own = new AbortController();
      const send = async (until: AbortSignal) => {
        onTurn?.();
        try {
          return await control.send(machine, call, token, until);
        } catch (error) {
          if (token.isHeld?.() === false) own.abort(error); // that says nothing of the provider
          throw error;
        }
      };
      return of(machine.target).call(CALL, send, AbortSignal.any([signal, own.signal]));
    },
  };
  const guardedCatalog: MachineCatalog = {
    // Somebody wants to know, so it is asked in any case.
    test: async (target, signal) => {
      const probes = await catalog.test(target, signal);
      if (probes.at(-1)?.ok) of(target).heard();
      return probes;
    },
    list: (target, signal) => following(target, () => catalog.list(target, signal), signal),
    identities: (target, signal) => following(target, () => catalog.identities(target, signal), signal),
    read: (target, keys, signal) => of(target).call(LOOK, (until) => catalog.read(target, keys, until), signal),
    watch: (target, signal) =>
      following(
        target,
        () => {
          of(target).keep(signal);
          return catalog.watch(target, signal);
        },
        signal,
      ),
    release: async (target) => {
      const line = lines.get(target.id);
      if (line && line.target.revision <= target.revision) {
        line.stop();
        lines.delete(target.id);
      }
      await catalog.release(target);
    },
  };
  return {
    control: guardedControl,
    catalog: guardedCatalog,
    /** The breaker of each connection that was spoken to. */
    breakers: () => [...lines].map(([id, { breaker }]) => ({ id, state: breaker.state() })),
    /** Asks nobody any more. */
    close: () => {
      leave();
      for (const line of lines.values()) line.stop();
      lines.clear();
    },
  };
};
