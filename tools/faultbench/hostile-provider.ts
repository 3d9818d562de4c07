// A provider that answers to harm: it lets everybody sign in, and then each listing is of the shape that its path names.
// A process of its own, so that making such answers costs the process under test nothing.
//   node tools/faultbench/hostile-provider.ts      prints its address; it ends when its input does
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const MIB = 1024 * 1024;
const open = '<soapenv:Envelope xmlns:soapenv="x"><soapenv:Body><R xmlns="urn:vim25"><returnval>';
const close = '</returnval></R></soapenv:Body></soapenv:Envelope>';
const nothing =
  '<soapenv:Envelope xmlns:soapenv="x"><soapenv:Body><R xmlns="urn:vim25"/></soapenv:Body></soapenv:Envelope>';
const answer = (inner: string) => `${open}${inner}${close}`;
const filled = (piece: string, bytes: number) => answer(piece.repeat(Math.ceil(bytes / piece.length)));
const laughs = Array.from({ length: 12 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join('');
const object = '<objects><obj type="VirtualMachine">vm-1</obj></objects>';
const device = '<a b="1"><c>1</c><d>2</d></a>';
const machine = `<objects><obj type="VirtualMachine">vm-1</obj><propSet><name>config.hardware.device</name><val>${device.repeat(500)}</val></propSet></objects>`;

type Send = (response: ServerResponse) => void;
const whole = (body: () => string | Buffer, headers = {}): Send => {
  let made: string | Buffer | undefined;
  return (response) => response.writeHead(200, { 'content-type': 'text/xml', ...headers }).end((made ??= body()));
};
/** Bytes without a length that was told before, as they are taken. */
const endless = (piece: Buffer, everyMs: number): Send => {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/xml' });
    const more = () => {
      if (response.destroyed) return;
      if (everyMs > 0) setTimeout(more, response.write(piece) ? everyMs : everyMs * 10);
      else if (response.write(piece)) setImmediate(more);
      else response.once('drain', more);
    };
    more();
  };
};

/** What a listing is answered with, by the name of its shape. */
const shapes = {
  'dense-5-mb': whole(() => filled('<a><b>1</b></a>', 4.9 * MIB)),
  'dense-7-mb': whole(() => filled('<a><b>1</b></a>', 7 * MIB)),
  'dense-60-mb': whole(() => filled('<a><b>1</b></a>', 60 * MIB)),
  'objects-4-mb': whole(() => filled(object, 4 * MIB)),
  'devices-1-mb': whole(() => filled(machine, 1.7 * MIB)),
  'devices-7-mb': whole(() => filled(machine, 7 * MIB)),
  'pages-without-end': whole(() => answer(`<token>1</token>${object.repeat(100)}`)),
  'deep-100k': whole(() => answer(`${'<a>'.repeat(100_000)}${'</a>'.repeat(100_000)}`)),
  'text-60-mb': whole(() => answer(`<a>${'x'.repeat(60 * MIB)}</a>`)),
  'text-7-mb': whole(() => answer(`<a>${'x'.repeat(7 * MIB)}</a>`)),
  'references-7-mb': whole(() => filled(`<a>${'&#39;'.repeat(1_000)}</a>`, 7 * MIB)),
  'attributes-1m': whole(() => answer(`<a ${'b="1" '.repeat(1_000_000)}/>`)),
  'attributes-of-many': whole(() =>
    filled(`<a ${Array.from({ length: 30 }, (_, i) => `b${i}="1"`).join(' ')}/>`, 7 * MIB),
  ),
  'quotes-7-mb': whole(() => filled('<a b="">>>>"\'', 7 * MIB)),
  entities: whole(() => `<!DOCTYPE a [<!ENTITY l0 "lol">${laughs}]>${answer('<a>&l12;</a>')}`),
  'gzip-bomb': whole(() => gzipSync(Buffer.alloc(300 * MIB, 'x')), { 'content-encoding': 'gzip' }),
  endless: endless(Buffer.alloc(64 * 1024, '<a><b>1</b></a>'), 0),
  drip: endless(Buffer.from('<'), 1_000),
} satisfies Readonly<Record<string, Send>>;

/** The names of the shapes. */
export const SHAPES = Object.keys(shapes) as readonly (keyof typeof shapes)[];

const references = ['rootFolder', 'propertyCollector', 'viewManager', 'sessionManager', 'searchIndex']
  .map((name) => `<${name} type="${name}">${name}</${name}>`)
  .join('');
const polite: Readonly<Record<string, string>> = {
  RetrieveServiceContent: answer(`${references}<about><fullName>hostile</fullName></about>`),
  CreateContainerView: open.replace('<returnval>', '<returnval type="ContainerView">view') + close,
  WaitForUpdatesEx: nothing,
  CreatePropertyCollector: open.replace('<returnval>', '<returnval type="PropertyCollector">collector') + close,
};
const listing = new Set(['RetrievePropertiesEx', 'ContinueRetrievePropertiesEx']);
/** Those whose listings are listings; they say that nothing changes. */
const listed: ReadonlySet<string> = new Set<keyof typeof shapes>([
  'objects-4-mb',
  'devices-1-mb',
  'devices-7-mb',
  'pages-without-end',
]);

/** Starts one in a process of its own. A connection's address is `<url>/<shape>/sdk`. */
export const startHostileProvider = async () => {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  let url = '';
  for await (const line of createInterface(child.stdout)) {
    url = line;
    break;
  }
  if (!url) throw new Error('the hostile provider ended while it started');
  const stop = async () => {
    child.stdin.end();
    await ended;
  };
  return { url, stop };
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const method = /Body>\s*<(\w+)/.exec(Buffer.concat(chunks).toString())?.[1] ?? '';
      const shape = request.url?.split('/')[1] ?? '';
      const harmful = listing.has(method) || (method === 'WaitForUpdatesEx' && !listed.has(shape));
      if (harmful && shape in shapes) return shapes[shape as keyof typeof shapes](response);
      response.writeHead(200, {
        'content-type': 'text/xml',
        ...(method === 'Login' && { 'set-cookie': 'vmware_soap_session=hostile-session' }),
      });
      response.end(polite[method] ?? answer(''));
    });
  });
  server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  process.stdin.resume().on('end', () => process.exit(0));
}
