// One reading of power: what is asked for, and what the answer means. Never: what the provider knew last of a machine that
// is not connected taken for its power.
import * as z from 'zod';
import { Instant, type ReadMoment } from '@drover/kernel';
import type { PowerReading } from '@drover/ports';
import type { ObjectContent } from '../soap/properties.vsphere.js';
import { toolsOf } from '../machines/tools.vsphere.js';
import { text, textAt } from '../soap/xml.vsphere.js';

/** What a reading of power asks for. The identity is among it: a reference may have become another machine's. */
export const READ = [
  'config.instanceUuid',
  'config.template',
  'runtime.connectionState',
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

/** The provider counts in steps and begins at 0: until it has counted it says nothing. */
const uptimeOf = (counted: number | null) => counted || null;

/** What was found, as a reading. Of a machine that is not connected the provider shows what it knew last. */
export const readingOf = ({ values }: ObjectContent, moment: ReadMoment): PowerReading => {
  const power = Power.parse(text(values['runtime.powerState']));
  const about = {
    question: textAt(values['runtime.question'], 'text') ?? null,
    template: text(values['config.template']) === 'true',
    ...moment,
  };
  if ((text(values['runtime.connectionState']) ?? 'connected') !== 'connected')
    return { power: 'unknown', lastKnown: { power }, tools: 'unknown', bootAt: null, uptimeSeconds: null, ...about };
  const on = power === 'poweredOn';
  const counted = Uptime.parse(text(values['summary.quickStats.uptimeSeconds']) ?? null);
  return {
    power,
    tools: toolsOf({
      status: text(values['guest.toolsStatus']),
      version: text(values['guest.toolsVersionStatus2']),
      running: text(values['guest.toolsRunningStatus']),
    }),
    bootAt: on ? BootTime.parse(text(values['summary.runtime.bootTime']) ?? null) : null,
    uptimeSeconds: on ? uptimeOf(counted) : 0,
    ...about,
  };
};
