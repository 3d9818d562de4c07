import { setTimeout as wait } from 'node:timers/promises';
import { clockContract } from '@drover/ports/testing';
import { localClock } from './clock.local.js';

clockContract('local', () => ({ clock: localClock(), pass: () => wait(40) }));
