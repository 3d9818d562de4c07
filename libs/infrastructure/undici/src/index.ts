export { undiciOutboundHttp } from './outbound-http.undici.js';
