import * as z from 'zod';
import { Instant, type ReadMoment } from '@drover/kernel';
import type { PowerReading } from '@drover/ports';
import type { Found } from './properties.vsphere.js';
import { toolsOf } from './tools.vsphere.js';
import { text, textAt } from './xml.vsphere.js';

/** What a reading of power asks for. The identity is among it: a reference may have become another machine's. */
export const READ = [
  'config.instanceUuid',
  'runtime.powerState',
  'runtime.question',
  'summary.runtime.bootTime',
  'summary.quickStats.uptimeSeconds',
  'guest.toolsStatus',
  'guest.toolsRunningStatus',
  'guest.toolsVersionStatus2',
] as const;

const Power = z.enum(['poweredOn', 'poweredOff', 'suspended']);
const BootTime = Instant.schema.nullable();
const Uptime = z.coerce.number().int().min(0).nullable();

/** Seconds since the start: the provider's own count, or reckoned where it keeps none. */
const uptimeOf = (counted: number | null, bootAt: Instant | null, now: Instant) =>
  counted || (bootAt ? Instant.wholeSeconds(bootAt, now) : counted);

/** What was found, as a reading. */
export const readingOf = ({ values }: Found, moment: ReadMoment): PowerReading => {
  const power = Power.parse(text(values['runtime.powerState']));
  const on = power === 'poweredOn';
  const bootAt = on ? BootTime.parse(text(values['summary.runtime.bootTime']) ?? null) : null;
  const counted = Uptime.parse(text(values['summary.quickStats.uptimeSeconds']) ?? null);
  return {
    power,
    tools: toolsOf({
      status: text(values['guest.toolsStatus']),
      version: text(values['guest.toolsVersionStatus2']),
      running: text(values['guest.toolsRunningStatus']),
    }),
    bootAt,
    uptimeSeconds: on ? uptimeOf(counted, bootAt, moment.observedAt) : 0,
    question: textAt(values['runtime.question'], 'text') ?? null,
    ...moment,
  };
};
