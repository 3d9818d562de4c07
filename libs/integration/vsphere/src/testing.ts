import type { Content } from './content.vsphere.js';
import type { SoapCall, ProviderSession } from './session.vsphere.js';

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
