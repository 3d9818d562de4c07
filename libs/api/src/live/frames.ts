// The frames of the stream. Only facts and bookmarks have an id, because only they move the reader's cursor. JSON breaks no
// line, so data are always one. The id is the last line of its frame: widely used clients adopt an id with its line, so what
// came behind it would be lost to them when the connection breaks there. Never: a frame named `error`; EventSource has an
// event of that name.

/** CR, LF and NUL would end the line, or the id. */
const line = (text: string) => text.replace(/[\r\n\0]/g, '');
const frame = (event: string, data: string, cursor?: string) =>
  Buffer.from(`event: ${line(event)}\ndata: ${line(data)}\n${cursor === undefined ? '' : `id: ${line(cursor)}\n`}\n`);

/** Tells the browser how long to wait before it comes back, and opens buffers on the way. */
export const openingFrame = (retryMs: number) => Buffer.from(`retry: ${Math.round(retryMs)}\n\n: ok\n\n`);

/** Keeps the connection open where silence would close it. */
export const HEARTBEAT = Buffer.from(': hb\n\n');

/** Says where the stream begins. A cursor other than the one that was asked for is a gap, and said to be one. */
export const helloFrame = (hello: { server: string; resumedFrom: string | null; gap: boolean }) =>
  frame('hello', JSON.stringify(hello));

/** Moves the reader's cursor without a fact. */
export const bookmarkFrame = (cursor: string) => frame('bookmark', '{}', cursor);

/** A public event, as JSON, under its type or the alias that asked for it. */
export const factFrame = (name: string, json: string, cursor: string) => frame(name, json, cursor);

/** Present state of one thing, for a reader that has none yet. */
export const stateFrame = (state: unknown) => frame('state', JSON.stringify(state));

/** What was missed cannot be told: the reader loads the snapshot anew. */
export const resetFrame = (reason: string) => frame('reset', JSON.stringify({ reason, snapshotUrl: '/api/v1/vms' }));

/** The last frame: why, and when to come back. */
export const byeFrame = (reason: string, reconnectAfterMs: number) =>
  frame('bye', JSON.stringify({ reason, reconnectAfterMs: Math.round(reconnectAfterMs) }));
