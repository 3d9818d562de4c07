import { ConnectionId, ConnectionKind, type ConnectionTarget } from '@drover/kernel';
import type { Content } from './soap/content.vsphere.js';
import type { SoapCall, ProviderSession } from './session/session.vsphere.js';

const service = (id: string) => ({ type: id, id });
/** Where a provider's own services are. */
const content: Content = {
  rootFolder: service('rootFolder'),
  propertyCollector: service('propertyCollector'),
  viewManager: service('viewManager'),
  sessionManager: service('sessionManager'),
  searchIndex: service('searchIndex'),
  about: 'v',
};

/** A session whose calls are answered so. */
export const sessionOf = (ask: SoapCall): ProviderSession => ({
  reach: async () => {},
  run: (work) => work(ask, content),
  close: async () => {},
});

/** A vCenter that no spec reaches. */
export const lab: ConnectionTarget = {
  ...{ id: ConnectionId.parse('lab'), kind: ConnectionKind.parse('vsphere') },
  ...{ url: 'https://vcenter-01.example.test/sdk', credentialRef: null },
  ...{ tls: { mode: 'system', value: null }, allow: [], revision: 1 },
};
