import { Logger } from '@nestjs/common';
import { expect, it } from '@jest/globals';
import { nestLog } from './nest-log.js';
import { watched } from '../testing.js';

it('writes what Nest says as lines, with whose they are; what it says of itself only for debugging', () => {
  const { telemetry, lines } = watched();
  const fault = new Error('no');
  const log = nestLog(telemetry.log);
  log.log('Nest application successfully started', 'NestApplication');
  log.error(fault, 'ExceptionsHandler');
  log.error('words', 'Error: words\n  at x', 'RpcHandler');
  log.error({ msg: 'A request failed', requestId: 'r-1', error: fault }, 'http');
  log.warn('careful');
  expect(lines).toEqual([
    { level: 'debug', msg: 'Nest application successfully started', where: 'NestApplication' },
    { level: 'error', msg: 'no', where: 'ExceptionsHandler', error: fault },
    { level: 'error', msg: 'words', where: 'RpcHandler', stack: 'Error: words\n  at x' },
    { level: 'error', msg: 'A request failed', where: 'http', requestId: 'r-1', error: fault },
    { level: 'warn', msg: 'careful' },
  ]);
});

it('is what the loggers of a process write to once it is handed to Nest', () => {
  const { telemetry, lines } = watched();
  Logger.overrideLogger(nestLog(telemetry.log));
  new Logger('store').error('A store takes nothing');
  expect(lines).toEqual([{ level: 'error', msg: 'A store takes nothing', where: 'store' }]);
});
