import { sampleTarget as target } from '../samples.js';
import { outboundHttpContract } from './outbound-http.contract.js';
import { memoryOutboundHttp } from './outbound-http.memory.js';

outboundHttpContract('memory', async () => {
  let count = 0;
  const http = memoryOutboundHttp(({ url, body = '' }) => {
    count += 1;
    return url.endsWith('/moved')
      ? { status: 302, headers: { location: '/' }, body: '' }
      : { status: 200, headers: {}, body };
  });
  return { http, target, received: () => count };
});
