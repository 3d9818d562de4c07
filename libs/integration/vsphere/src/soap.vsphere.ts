import type { ConnectionTarget } from '@drover/kernel';
import { ProviderFault, type OutboundAnswer, type OutboundHttp } from '@drover/ports';
import { all, at, children, escape, parse, textAt, typeOf, type Element, type Ref, type Xml } from './xml.vsphere.js';

/** One method of one object. `inner` is XML, its values escaped, its elements in the order of the schema. */
export interface Call {
  readonly method: string;
  readonly self: Ref;
  readonly inner?: string;
  readonly timeoutMs?: number;
}

/** The provider answered with a fault of its own: its type decides, its message is for people. */
export class VimFault extends Error {
  override readonly name = 'VimFault';
  constructor(
    readonly type: string,
    message: string,
  ) {
    super(message || type);
  }
}

const CALL_MS = 60_000;
/** A page of 100 machines with their devices has about 1 MB; some servers do not page. */
const MAX_BYTES = 64 * 1024 * 1024;
const COOKIE = 'vmware_soap_session';

const NAMESPACES =
  'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" ' +
  'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';

/** A reference as an element. */
export const refXml = (name: string, { type, id }: Ref) => `<${name} type="${escape(type)}">${escape(id)}</${name}>`;

/** A call as the text that is posted. */
export const envelope = ({ method, self, inner = '' }: Call) =>
  `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope ${NAMESPACES}><soapenv:Body>` +
  `<${method} xmlns="urn:vim25">${refXml('_this', self)}${inner}</${method}></soapenv:Body></soapenv:Envelope>`;

/** A fault with a text in the reader's language, as tasks and properties carry it. */
export const localizedFault = (node: Xml | undefined) =>
  new VimFault(typeOf(at(node, 'fault')) ?? 'UnknownFault', textAt(node, 'localizedMessage') ?? '');

const faultOf = (node: Xml) => {
  const [name, detail] = children(at(node, 'detail'))[0] ?? [];
  return new VimFault(
    typeOf(detail) ?? name?.replace(/Fault$/, '') ?? 'UnknownFault',
    textAt(node, 'faultstring') ?? '',
  );
};

/** Whatever stands before vCenter answers in its own way, too: while it starts, or when the path is wrong. */
const notSoap = ({ status, body }: OutboundAnswer) =>
  new ProviderFault(
    status === 502 || status === 503 ? 'provider_unreachable' : 'provider_error',
    `the answer is not SOAP: HTTP ${status}: ${body.slice(0, 200)}`,
    'maybe',
  );

const documentOf = (answer: OutboundAnswer): Element => {
  try {
    return parse(answer.body);
  } catch {
    throw notSoap(answer);
  }
};

/** What an answer holds: the element below its body. Throws the fault it holds instead. */
export const resultOf = (answer: OutboundAnswer): Xml => {
  const body = at(documentOf(answer), 'Envelope', 'Body');
  const [first] = children(body);
  if (!first) throw notSoap(answer);
  if (first[0] === 'Fault') throw faultOf(first[1]);
  return first[1];
};

const cookieOf = ({ headers }: OutboundAnswer) => {
  const set = headers['set-cookie'] ?? [];
  const mine = (typeof set === 'string' ? [set] : set).find((cookie) => cookie.startsWith(`${COOKIE}=`));
  return mine?.split(';')[0] ?? null;
};

/** Posts one call and reads what comes back; the session's cookie goes along, and a new one is handed out. */
export const post = async (
  { http, target }: { readonly http: OutboundHttp; readonly target: ConnectionTarget },
  call: Call,
  cookie: string | null,
  signal: AbortSignal,
) => {
  if (target.url === null) throw new ProviderFault('provider_unreachable', 'the connection has no address');
  const headers = {
    'content-type': 'text/xml; charset=utf-8',
    soapaction: 'urn:vim25/6.5',
    ...(cookie === null ? {} : { cookie }),
  };
  const limits = { timeoutMs: call.timeoutMs ?? CALL_MS, maxBytes: MAX_BYTES };
  const request = { method: 'POST', url: target.url, headers, body: envelope(call), ...limits } as const;
  const answer = await http.request(target, request, signal);
  return { result: resultOf(answer), cookie: cookieOf(answer) };
};

/** The values below `returnval`, however many there are. */
export const returned = (result: Xml) => all(result, 'returnval');
