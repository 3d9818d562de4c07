// The type of a machine as clients are shown it, by the first rule that fits its name. Never: a decision by it; a name is
// what somebody called the machine.
/** What a machine is for, as its name says. The first rule that fits decides. */
const rules = [
  ['LB', 'load-balancer'],
  ['KAFKA', 'kafka'],
  ['ES_', 'elasticsearch'],
  ['AIWFL', 'workflow'],
] as const;

/** What a machine can be for. */
export type VmType = 'bastion' | (typeof rules)[number][1] | 'server';

/** The type of a machine. Whether it is a bastion is told by who knows it, else by its name. */
export const vmTypeOf = (name: string, isBastion = name.includes('BASTION')): VmType =>
  isBastion ? 'bastion' : (rules.find(([part]) => name.includes(part))?.[1] ?? 'server');
