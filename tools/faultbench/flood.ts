// A client that asks so many times a second, whether or not it was answered before. A process of its own: one that runs
// tests would stand still with it.
//   FLOOD_AUTHORIZATION=… node tools/faultbench/flood.ts <url> <rate> <seconds>      prints what came of it as JSON
import { spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

const CONNECTIONS = 20;
const TICK_MS = 10;
/** How long the last answers are waited for. */
const PATIENCE_MS = 15_000;

/** What a flood sent and what it was answered. */
export interface Flood {
  readonly sent: number;
  /** How many answers had a status. What was sent on a connection that was closed then has none. */
  readonly statuses: Readonly<Record<string, number>>;
  /** How many refusals did not say when to come again. */
  readonly withoutRetryAfter: number;
}

const ANSWER = /HTTP\/1\.1 (\d{3}) ([^]*?)\r\n\r\n/g;

const flood = async (url: URL, rate: number, seconds: number, authorization: string): Promise<Flood> => {
  const request = `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nAuthorization: ${authorization}\r\n\r\n`;
  const statuses: Record<string, number> = {};
  let [sent, withoutRetryAfter] = [0, 0];
  const open = new Map<Socket, { owed: number; text: string }>();
  const dial = () => {
    const state = { owed: 0, text: '' };
    const socket = connect(Number(url.port), url.hostname).setEncoding('latin1');
    open.set(socket, state);
    socket.on('error', () => {}).on('close', () => open.delete(socket));
    socket.on('data', (piece: string) => {
      state.text += piece;
      let end = 0;
      for (const answer of state.text.matchAll(ANSWER)) {
        const [, status = '', headers = ''] = answer;
        statuses[status] = (statuses[status] ?? 0) + 1;
        if (status === '429' && !/^retry-after: \d+/im.test(headers)) withoutRetryAfter += 1;
        state.owed -= 1;
        end = answer.index + answer[0].length;
      }
      state.text = state.text.slice(end);
    });
  };
  const begun = performance.now();
  for (let passed = 0; passed < seconds * 1000; passed = performance.now() - begun) {
    while (open.size < CONNECTIONS) dial();
    const usable = [...open].filter(([socket]) => socket.writable);
    for (const due = (passed / 1000) * rate; usable.length > 0 && sent < due; sent++) {
      const [socket, state] = usable[sent % usable.length] as (typeof usable)[number];
      socket.write(request);
      state.owed += 1;
    }
    await new Promise((done) => setTimeout(done, TICK_MS));
  }
  const isOwed = () => [...open.values()].some(({ owed }) => owed > 0);
  for (const end = performance.now() + PATIENCE_MS; isOwed() && performance.now() < end;)
    await new Promise((done) => setTimeout(done, TICK_MS));
  for (const socket of open.keys()) socket.destroy();
  return { sent, statuses, withoutRetryAfter };
};

/** Floods an address by a process of its own. */
export const floodOf = async (url: string, rate: number, seconds: number, authorization: string): Promise<Flood> => {
  const args = [fileURLToPath(import.meta.url), url, String(rate), String(seconds)];
  const env = { ...process.env, FLOOD_AUTHORIZATION: authorization };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  await new Promise((done) => child.once('close', done));
  return JSON.parse(text) as Flood;
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , url = '', rate, seconds] = process.argv;
  const authorization = process.env['FLOOD_AUTHORIZATION'] ?? '';
  console.log(JSON.stringify(await flood(new URL(url), Number(rate), Number(seconds), authorization)));
}
