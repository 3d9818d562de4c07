import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { ConnectionKind } from '@drover/kernel';
import { readConnectionsFile, tlsOf } from './connections-file.local.js';

const dir = mkdtempSync(join(tmpdir(), 'drover-connections-'));
afterAll(() => rmSync(dir, { recursive: true }));
const path = join(dir, 'connections');
const kinds = [ConnectionKind.parse('vsphere')];
const read = (text: string) => {
  writeFileSync(path, text);
  return readConnectionsFile(path, kinds);
};
const lab = {
  id: 'lab',
  name: 'Lab',
  kind: ConnectionKind.parse('vsphere'),
  url: 'https://vcenter.example.test/sdk',
  credential: 'file:/run/lab.json',
};

it('reads JSON and YAML', () => {
  const expected = [{ ...lab, tls: { insecure: true }, allow: ['10.0.0.0/8'], groupIds: [] }];
  expect(read(JSON.stringify([{ ...lab, tls: { insecure: true }, allow: ['10.0.0.0/8'] }]))).toEqual(expected);
  const yaml = Object.entries(lab)
    .map(([key, value]) => `  ${key}: ${value}`)
    .join('\n')
    .replace(' ', '-');
  expect(read(`${yaml}\n  tls: { insecure: true }\n  allow: [10.0.0.0/8]\n`)).toEqual(expected);
  expect(read('')).toEqual([]);
});

it.each([
  ['is not even a list', '{"id": "lab"}', 'expected array'],
  ['has a member nobody knows', JSON.stringify([{ ...lab, pasword: 'x' }]), 'at 0'],
  [
    'holds a secret in its url',
    JSON.stringify([{ ...lab, url: 'https://u:s3cret@vcenter.example.test/sdk' }]),
    'no password',
  ],
  [
    'names a secret instead of its place',
    JSON.stringify([{ ...lab, credential: 's3cret' }]),
    'file:<path> or env:<NAME>',
  ],
  [
    'has an id that is none',
    JSON.stringify([{ ...lab, id: 'Prod_EU' }]),
    'has 1 to 40 characters: lower-case letters, digits and dashes',
  ],
  ['has one id twice', JSON.stringify([lab, lab]), 'two have one id'],
  ['judges a certificate in two ways', JSON.stringify([{ ...lab, tls: { ca: 'a', insecure: true } }]), 'name one of'],
  ['allows a network that there is not', JSON.stringify([{ ...lab, allow: ['10.0.0.0/999'] }]), 'at 0.allow.0'],
  ['allows an address that there is not', JSON.stringify([{ ...lab, allow: ['10.0.0.256'] }]), 'at 0.allow.0'],
  ['allows nothing', JSON.stringify([{ ...lab, allow: [''] }]), 'at 0.allow.0'],
  ['is neither', '{"id": [', 'neither JSON nor YAML'],
])('says in one sentence why a file that %s is refused', (_, text, because) => {
  expect(() => read(text)).toThrow(because);
  expect(() => read(text)).toThrow(/^DROVER_CONNECTIONS: [^\n]+\.$/);
  expect(() => read(text)).not.toThrow('s3cret');
});

it.each(['ec2', 'cml', 'vma', 'nbd', 'sandbox', 'simulator', 'vmware'])(
  'refuses a connection of the kind %s, which nobody here speaks, by its name',
  (kind) => {
    const because = `DROVER_CONNECTIONS: the connection attic is of kind ${kind}, which this Drover does not speak. Kinds that work: vsphere.`;
    expect(() => read(JSON.stringify([lab, { ...lab, id: 'attic', kind }]))).toThrow(because);
  },
);

it.each(['EC2', 'Vsphere', 'vSphere', ' vsphere', 'amazon ec2', '', 7, null, ['vsphere'], { kind: 'vsphere' }])(
  'refuses the kind %j, which is not the name of one, and names those alone that are spoken',
  (kind) => {
    const because =
      'DROVER_CONNECTIONS: the connection attic is of a kind that this Drover does not speak. Kinds that work: vsphere.';
    expect(() => read(JSON.stringify([lab, { ...lab, id: 'attic', kind }]))).toThrow(new Error(because));
  },
);

it('refuses a connection that says no kind, and names those that are spoken', () => {
  const { kind: _, ...unkind } = lab;
  expect(() => read(JSON.stringify([unkind]))).toThrow(
    new Error('DROVER_CONNECTIONS: the connection lab says no kind. Kinds that work: vsphere.'),
  );
});

it('repeats nothing that is no name: a secret may have slipped into the wrong place', () => {
  expect(() => read(JSON.stringify([{ ...lab, kind: 'S3cret!' }]))).toThrow(/^DROVER_CONNECTIONS: [^\n]+\.$/);
  expect(() => read(JSON.stringify([{ ...lab, kind: 'S3cret!' }]))).not.toThrow('S3cret');
  expect(() => read(JSON.stringify([{ ...lab, id: 'S3cret!', kind: 'ec2' }]))).toThrow(
    'the connection without an id is of',
  );
});

it.each([
  'https://vcenter.example.test/sdk?password=hunter2',
  'https://vcenter.example.test/sdk#hunter2',
  'https://vcenter.example.test?hunter2#hunter2',
  'https:\\\\ana:hunter2@vcenter.example.test/sdk',
  'https:ana:hunter2@vcenter.example.test/sdk',
  'https://vcenter.example.test/hunter2@sdk',
])('K33: refuses the address %s, which is shown and recorded, and repeats nothing of it', (url) => {
  const refused = /^DROVER_CONNECTIONS: .* at 1(\.url)? \(the connection attic\): (the url|an http or) [^\n]+\.$/;
  expect(() => read(JSON.stringify([lab, { ...lab, id: 'attic', url }]))).toThrow(refused);
  expect(() => read(JSON.stringify([lab, { ...lab, id: 'attic', url }]))).not.toThrow('hunter2');
});

it.each([
  [{ hunter2: 'x' }, 'one of its members is not known; those that are: id, name, kind, url'],
  [{ hunter2: 'x', hunter2too: 1 }, '2 of its members are not known; those that are: id, name, kind, url'],
  [{ tls: { hunter2: 'x' } }, 'one of its members is not known; those that are: ca, fingerprint, insecure'],
])('K33: counts members that nobody knows, and repeats no name of one', (more, because) => {
  expect(() => read(JSON.stringify([{ ...lab, ...more }]))).toThrow(`(the connection lab): ${because}`);
  expect(() => read(JSON.stringify([{ ...lab, ...more }]))).not.toThrow('hunter2');
});

it.each(['[{"id":"lab","password":"hunter2"}]', 'https://ana:hunter2@files.example.test/c.yaml', '/c?key=hunter2'])(
  'K33: repeats nothing of a setting that is no path: %s',
  (given) => {
    expect(() => readConnectionsFile(given, kinds)).toThrow(/^DROVER_CONNECTIONS: the file cannot be read/);
  },
);

it('allows hosts, addresses and networks by name', () => {
  const allow = ['localhost', 'vcenter-01.example.test', 'esx_1', '10.1.2.3', '10.0.0.0/8', '::1', 'fd00::/8'];
  expect(read(JSON.stringify([{ ...lab, allow }]))[0]?.allow).toEqual(allow);
});

it('says that there is no such file', () =>
  expect(() => readConnectionsFile(join(dir, 'nowhere'), kinds)).toThrow('cannot be read (ENOENT)'));

it('names how a certificate is judged', () => {
  const fingerprint = Array(32).fill('AB').join(':');
  expect([tlsOf({}), tlsOf({ insecure: true }), tlsOf({ ca: '/ca.pem' }), tlsOf({ fingerprint })]).toEqual([
    { mode: 'system', value: null },
    { mode: 'insecure', value: null },
    { mode: 'ca', value: '/ca.pem' },
    { mode: 'fingerprint', value: 'ab'.repeat(32) },
  ]);
});
