import { Instant, type Tools } from '@drover/kernel';
import type { Reading } from './power.events.js';
import type { Open } from './power.js';

/** Providers that tell whole seconds cut off this much of a boot instant. */
const CUT_MS = 1000;

/** Tools that a wait for tools is satisfied by. */
export const toolsRun = (tools: Tools) => tools === 'toolsOk' || tools === 'toolsOld';

/** Without tools before the start there are none to wait for; a machine that was on already is not waited for. */
const waitsForTools = ({ wish, before, phase }: Open) =>
  wish.kind === 'power-on' && wish.waitForTools && phase.is !== 'asked' && before?.tools !== 'toolsNotInstalled';

/**
 * Whether a reading proves that the wish came true. A restart is proven by a boot that is newer than the wish and than
 * the boot before it: the provider's clock may be ahead of ours, and then an old boot looks new.
 */
export const proves = (power: Open, reading: Reading, requestedAt: Instant): boolean => {
  switch (power.wish.kind) {
    case 'power-off':
      return reading.power === 'poweredOff';
    case 'power-on':
      return reading.power === 'poweredOn' && (!waitsForTools(power) || toolsRun(reading.tools));
    case 'restart': {
      const { bootAt } = reading;
      if (reading.power !== 'poweredOn' || bootAt === null || power.phase.is === 'asked') return false;
      const earlier = power.before?.bootAt ?? null;
      if (earlier === null) return bootAt > requestedAt;
      return bootAt > earlier && Instant.msBetween(requestedAt, bootAt) > -CUT_MS;
    }
  }
};

/** On, and what is missing are the tools. */
export const lacksTools = (power: Open, reading: Reading) =>
  power.wish.kind === 'power-on' && reading.power === 'poweredOn' && waitsForTools(power) && !toolsRun(reading.tools);
