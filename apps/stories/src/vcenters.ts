import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { House } from './house.js';

/** What a connection of the file is called, and where its vCenter is reached. */
export interface Listed {
  readonly id: string;
  readonly name: string;
  readonly url: string;
}

/** Who may enter a vCenter. */
interface Entrant {
  readonly user: string;
  readonly password: string;
}

/** Writes the file of connections of a house, all with the same credential; what the house is started with. */
export const connectionsOf = (
  { dataDir }: House,
  { user: username, password }: Entrant,
  ...listed: readonly Listed[]
) => {
  const credential = join(dataDir, 'credential.json');
  writeFileSync(credential, JSON.stringify({ username, password }), { mode: 0o600 });
  const base = { kind: 'vsphere', allow: ['127.0.0.1'], credential: `file:${credential}` };
  const path = join(dataDir, 'connections.json');
  writeFileSync(path, JSON.stringify(listed.map((each) => ({ ...base, ...each }))));
  return { DROVER_CONNECTIONS: path };
};
