// Where a provider's own services are, as its first answer says. Never: a name of them that is taken for granted; vCenter
// and a host differ.
import * as z from 'zod';
import { returned } from './soap.vsphere.js';
import { at, refOf, textAt, type Ref, type Xml } from './xml.vsphere.js';

/** The object that every conversation begins with. */
export const SERVICE: Ref = { type: 'ServiceInstance', id: 'ServiceInstance' };

const Reference = z.object({ type: z.string(), id: z.string() });
const Content = z.object({
  rootFolder: Reference,
  propertyCollector: Reference,
  viewManager: Reference,
  sessionManager: Reference,
  searchIndex: Reference,
  about: z.string(),
});

/** Where the provider's own services are found. vCenter and a single host name them differently. */
export type Content = z.output<typeof Content>;

/** Reads the answer to `RetrieveServiceContent`. */
export const contentOf = (result: Xml): Content => {
  const [found] = returned(result);
  const names = ['rootFolder', 'propertyCollector', 'viewManager', 'sessionManager', 'searchIndex'];
  const services = Object.fromEntries(names.map((name) => [name, refOf(at(found, name))]));
  return Content.parse({ ...services, about: textAt(found, 'about', 'fullName') });
};
