// One SOAP call: envelope out, parsed answer or fault back, cookie along. Never: put a value into XML without `escape`, or a
// text of an answer into an error without `masked`.
import type { ConnectionTarget } from '@drover/kernel';
import { ProviderFault, type OutboundAnswer, type OutboundHttp } from '@drover/ports';
import { ANSWER, AnswerRefused, parseInSlices, type Bounds } from './parse.vsphere.js';
import { all, at, children, escape, textAt, typeOf, type Element, type Ref, type Xml } from './xml.vsphere.js';

/** One method of one object. `inner` is XML, its values escaped, its elements in the order of the schema. */
export interface MethodCall {
  readonly method: string;
  readonly self: Ref;
  readonly inner?: string;
  readonly timeoutMs?: number;
  /** Of a call that has an effect: whether it may still be sent, asked right before. */
  readonly mayStart?: () => boolean;
  /** How much its answer may hold; a listing may hold more than others. */
  readonly bounds?: Bounds;
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
const COOKIE = 'vmware_soap_session';

const NAMESPACES =
  'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" ' +
  'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';

/** A reference as an element. */
export const refXml = (name: string, { type, id }: Ref) => `<${name} type="${escape(type)}">${escape(id)}</${name}>`;

/** A call as the text that is posted. */
export const envelope = ({ method, self, inner = '' }: MethodCall) =>
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

/** Takes what is secret out of a text, before any of it is cut away. */
export type Masked = (text: string) => string;

/** Whatever stands before vCenter answers in its own way, too: while it starts, or when the path is wrong. */
const notSoap = ({ status, body }: OutboundAnswer, masked: Masked) =>
  new ProviderFault(
    status === 502 || status === 503 ? 'provider_unreachable' : 'provider_error',
    `the answer is not SOAP: HTTP ${status}: ${masked(body.slice(0, 20_000)).slice(0, 200)}`,
    'maybe',
  );

/** What reading an answer takes. */
interface Reading {
  readonly bounds: Bounds;
  readonly signal: AbortSignal;
  readonly masked: Masked;
}

const documentOf = async (answer: OutboundAnswer, { bounds, signal, masked }: Reading): Promise<Element> => {
  try {
    return await parseInSlices(answer.body, bounds, signal);
  } catch (error) {
    if (error instanceof AnswerRefused) throw new ProviderFault('provider_error', error.message, 'maybe');
    throw error instanceof SyntaxError ? notSoap(answer, masked) : error;
  }
};

/** What an answer holds: the element below its body. Throws the fault it holds instead. */
export const resultOf = async (answer: OutboundAnswer, reading: Reading): Promise<Xml> => {
  const body = at(await documentOf(answer, reading), 'Envelope', 'Body');
  const [first] = children(body);
  if (!first) throw notSoap(answer, reading.masked);
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
  { http, target, masked }: { readonly http: OutboundHttp; readonly target: ConnectionTarget; readonly masked: Masked },
  call: MethodCall,
  cookie: string | null,
  signal: AbortSignal,
) => {
  if (target.url === null) throw new ProviderFault('provider_unreachable', 'the connection has no address');
  const headers = {
    'content-type': 'text/xml; charset=utf-8',
    soapaction: 'urn:vim25/6.5',
    ...(cookie === null ? {} : { cookie }),
  };
  const bounds = call.bounds ?? ANSWER;
  const limits = { timeoutMs: call.timeoutMs ?? CALL_MS, maxBytes: bounds.bytes };
  const may = call.mayStart && { mayStart: call.mayStart };
  const request = { method: 'POST', url: target.url, headers, body: envelope(call), ...limits, ...may } as const;
  const answer = await http.request(target, request, signal);
  return { result: await resultOf(answer, { bounds, signal, masked }), cookie: cookieOf(answer) };
};

/** The values below `returnval`, however many there are. */
export const returned = (result: Xml) => all(result, 'returnval');
