// Ports for whoever has to know its address before it listens, or keeps it while nobody does. The system draws the ports
// of all others from 32768 on (`listen(0)`, and each connection that is opened): one that was let go could be drawn again.
import { createServer } from 'node:net';

const FIRST = 20_000;
const EACH = 1_000;
const WORKERS = 12;

/** Whether nobody listens there now. */
const isFree = (port: number) =>
  new Promise<boolean>((done) => {
    const server = createServer()
      .once('error', () => done(false))
      .listen(port, '127.0.0.1', () => void server.close(() => done(true)));
  });

/** A port of loopback that nobody listens on, from a range that belongs to this worker of jest alone. */
export const ownPort = async (): Promise<number> => {
  const first = FIRST + EACH * (Number(process.env['JEST_WORKER_ID'] ?? 0) % WORKERS);
  for (;;) {
    const port = first + Math.floor(Math.random() * EACH);
    if (await isFree(port)) return port;
  }
};
