// The two simulated sites, as connections like any other. Never: a host that exists.
import { ConnectionId, ConnectionKind, type ConnectionTarget } from '@drover/kernel';

/** A simulated site as a connection that somebody would write into the file of connections. */
export type SimulatedConnection = Omit<ConnectionTarget, 'revision' | 'url'> & {
  readonly name: string;
  readonly url: string;
};

const site = (slug: string, name: string, host: string): SimulatedConnection => ({
  id: ConnectionId.parse(slug),
  name,
  kind: ConnectionKind.parse('simulator'),
  url: `https://${host}/sdk`,
  credentialRef: null,
  tls: { mode: 'system', value: null },
  allow: [],
});

/** The two sites, whatever stands on them. Nothing ever connects to their hosts. */
export const sites = [
  site('site-a', 'Site A (simulated)', 'vcenter-01.example.test'),
  site('site-b', 'Site B (simulated)', 'vcenter-02.example.test'),
] as const;

/** The connections of a fleet of `size` machines: both sites, or none when there is nothing to see. */
export const simulatedConnections = (size: number): readonly SimulatedConnection[] => (size > 0 ? sites : []);

/** A site as a target. One that is none of ours is one, too: the site says that nobody is there. */
export const siteTarget = (id: ConnectionId): ConnectionTarget => {
  const { name: _, ...site } = sites.find((each) => each.id === id) ?? { ...sites[0], id };
  return { ...site, revision: 1 };
};
