// Stands between an adapter and a vCenter and spoils what it is told to, by the name of the SOAP method. Faults are put
// in front of a server, never into the adapter. It writes down what passes, so a test can count sign-ins.
import { createServer, request as plainRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, request as tlsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { ownPort } from './port.ts';

/** What is done to a call. All but `fault`, `cut` and `repeat` reach the server. */
export type Spoil =
  | { readonly do: 'fault'; readonly type: string; readonly message?: string } // the server's own kind of no
  | { readonly do: 'cut' } // the connection breaks before the server hears of it
  | { readonly do: 'lose-answer' } // the server does it, and nobody hears
  | { readonly do: 'repeat' } // an answer that is no SOAP, and repeats what it was asked
  | { readonly do: 'delay'; readonly ms: number }
  // Something else is done before it reaches the server, or before the answer is passed on.
  | { readonly do: 'interpose'; readonly before?: () => Promise<unknown>; readonly after?: () => Promise<unknown> }
  | { readonly do: 'hold'; readonly ms: number | (() => number) } // the server answers at once, and the answer comes late
  | { readonly do: 'expire-session' } // the server itself answers as to a session it does not know
  | { readonly do: 'rewrite'; readonly request?: (xml: string) => string; readonly answer?: (xml: string) => string };

/**
 * For which calls: a method (`*`: all), those whose text holds something, the next so many (all of them unless stated).
 */
export type Rule = Spoil & { readonly method: string; readonly holding?: string; readonly times?: number };

export interface SoapProxy {
  readonly url: string;
  /** The methods that were called, in order. */
  readonly calls: readonly string[];
  count(method: string): number;
  spoil(rule: Rule): void;
  /** Forgets rules and calls, and lets connections in again. */
  restore(): Promise<void>;
  /** Refuses connections, and breaks those that are open. */
  refuse(): Promise<void>;
  close(): Promise<void>;
}

const textOf = async (message: IncomingMessage) => {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
};

const NAMESPACES =
  'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';
const faultXml = (type: string, message: string) =>
  `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope ${NAMESPACES}><soapenv:Body><soapenv:Fault>` +
  `<faultcode>ServerFaultCode</faultcode><faultstring>${message}</faultstring>` +
  `<detail><${type}Fault xmlns="urn:vim25" xsi:type="${type}"></${type}Fault></detail>` +
  '</soapenv:Fault></soapenv:Body></soapenv:Envelope>';

/** An answer of `RetrievePropertiesEx` about tasks, as if they had not ended: for `rewrite`. */
export const unfinished = (xml: string) =>
  xml.replace(/(<name>info\.state<\/name><val[^>]*>)(success|error)(<\/val>)/g, '$1running$3');

/** Starts one on a port of its own of loopback, in front of the server at `upstream`. `tls`: what it shows itself as. */
export const startSoapProxy = async (
  upstream: string,
  tls?: { readonly key: string | Buffer; readonly cert: string | Buffer },
): Promise<SoapProxy> => {
  const behind = new URL(upstream);
  let rules: (Rule & { left: number })[] = [];
  let calls: string[] = [];
  const sockets = new Set<Socket>();

  const ruleFor = (method: string, body: string) => {
    const applies = (rule: (typeof rules)[number]) =>
      (rule.method === '*' || rule.method === method) && rule.left > 0 && body.includes(rule.holding ?? '');
    const rule = rules.find(applies);
    if (rule) rule.left -= 1;
    return rule;
  };
  const forward = (incoming: IncomingMessage, body: string, headers: IncomingMessage['headers']) =>
    new Promise<{ status: number; headers: IncomingMessage['headers']; body: string }>((done, fail) => {
      const { method = 'POST', url = '/' } = incoming;
      const send = behind.protocol === 'https:' ? tlsRequest : plainRequest;
      // The simulator's certificate is its own; it sits on loopback.
      const options = {
        method,
        headers: { ...headers, host: behind.host },
        rejectUnauthorized: false,
        agent: false,
      } as const;
      send(new URL(url, behind), options, (answer) => {
        const read = textOf(answer);
        void read.then((text) => done({ status: answer.statusCode ?? 502, headers: answer.headers, body: text }), fail);
      })
        .on('error', fail)
        .end(body);
    });
  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const body = await textOf(incoming);
    const method = /Body>\s*<(?:\w+:)?(\w+)/.exec(body)?.[1] ?? '';
    calls.push(method);
    const rule = ruleFor(method, body);
    if (rule?.do === 'cut') return incoming.socket.destroy();
    if (rule?.do === 'fault') {
      const type = { 'content-type': 'text/xml; charset=utf-8' };
      return outgoing.writeHead(500, type).end(faultXml(rule.type, rule.message ?? ''));
    }
    if (rule?.do === 'repeat') {
      const asked = /Body>(.*)/s.exec(body)?.[1] ?? body;
      return outgoing.writeHead(400).end(`${incoming.headers.cookie ?? ''} Bad Request: ${asked}`);
    }
    if (rule?.do === 'delay') await pause(rule.ms);
    if (rule?.do === 'interpose') await rule.before?.();
    const { cookie, 'content-length': _length, ...rest } = incoming.headers;
    const headers = cookie === undefined || rule?.do === 'expire-session' ? rest : { ...rest, cookie };
    const given = await forward(incoming, rule?.do === 'rewrite' ? (rule.request?.(body) ?? body) : body, headers);
    if (rule?.do === 'hold') await pause(typeof rule.ms === 'number' ? rule.ms : rule.ms());
    if (rule?.do === 'interpose') await rule.after?.();
    if (rule?.do === 'lose-answer') return incoming.socket.destroy();
    const changed = Buffer.from(rule?.do === 'rewrite' ? (rule.answer?.(given.body) ?? given.body) : given.body);
    const { 'transfer-encoding': _encoding, connection: _connection, ...kept } = given.headers;
    return outgoing.writeHead(given.status, { ...kept, 'content-length': changed.length }).end(changed);
  };
  const handle = (incoming: IncomingMessage, outgoing: ServerResponse) =>
    void answer(incoming, outgoing).catch(() => incoming.socket.destroy());

  const server = tls ? createTlsServer(tls, handle) : createServer(handle);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const port = await ownPort();
  const listen = () =>
    new Promise<void>((done, fail) => {
      server.once('error', fail);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', fail);
        done();
      });
    });
  await listen();
  const refuse = async () => {
    const closed = new Promise((done) => server.close(done));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}${behind.pathname}`,
    get calls() {
      return calls;
    },
    count: (method) => calls.filter((call) => call === method).length,
    spoil: (rule) => void rules.push({ ...rule, left: rule.times ?? Infinity }),
    restore: async () => {
      [rules, calls] = [[], []];
      if (!server.listening) await listen();
    },
    refuse,
    close: async () => {
      if (server.listening) await refuse();
    },
  };
};
