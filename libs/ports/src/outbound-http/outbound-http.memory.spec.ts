import { ConnectionId } from '@drover/kernel';
import { outboundHttpContract } from './outbound-http.contract.js';
import { memoryOutboundHttp } from './outbound-http.memory.js';

outboundHttpContract('memory', async () => ({
  http: memoryOutboundHttp(({ url, body = '' }) =>
    url.endsWith('/moved') ? { status: 302, headers: { location: '/' }, body: '' } : { status: 200, headers: {}, body },
  ),
  target: {
    id: ConnectionId.parse('memory'),
    kind: 'vsphere',
    url: 'https://vcenter-01.example.test/sdk',
    credentialRef: null,
    tls: { mode: 'system', value: null },
    allow: [],
    revision: 1,
  },
}));
