import { expect, it } from '@jest/globals';
import { watched } from '../testing.js';
import { streamLogs } from './stream-log.js';

const opener = { requestId: 'r-1', actor: 'ana' };

it('leaves a line when a stream opens and one when it ends, with the reason and what was sent', () => {
  const { telemetry, lines, counts } = watched();
  const stream = streamLogs(telemetry, () => 1)(opener);
  stream.sent({ frames: 2, bytes: 100 });
  stream.sent({ frames: 1, bytes: 50 });
  stream.ended('slow');
  expect(lines).toEqual([
    { level: 'info', msg: 'stream opened', ...opener },
    { level: 'info', msg: 'stream ended', ...opener, reason: 'slow', seconds: 0, frames: 3, bytes: 150 },
  ]);
  expect(counts.get('drover_stream_frames_total')).toBe(3);
  expect(counts.get('drover_streams_ended_total slow')).toBe(1);
});
