// How a connection judges the certificate of its provider: by the system, by an authority of its own, by a fingerprint, or
// not at all. Never: the doubtful case as a good one.
import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { TLSSocket, type ConnectionOptions } from 'node:tls';
import { OutboundFault } from '@drover/ports';
import type { Tls } from '@drover/kernel';

const refused = (detail: string, cause?: unknown) => new OutboundFault('certificate_refused', detail, 'no', { cause });

/** What TLS is told, by how the connection judges certificates. A pinned one is compared afterwards, by `pinned`. */
export const trust = async (tls: Tls): Promise<Pick<ConnectionOptions, 'ca' | 'rejectUnauthorized'>> => {
  if (tls.mode !== 'ca') return tls.mode === 'system' ? {} : { rejectUnauthorized: false };
  try {
    return { ca: await readFile(tls.value, 'utf8') };
  } catch (cause) {
    throw refused('the file of the certificate authority cannot be read', cause);
  }
};

/** A SHA-256 fingerprint as bytes, with or without colons; nothing when it is not one. */
const bytesOf = (text: string) => {
  const hex = text.replace(/^sha-?256:/i, '').replaceAll(/[:\s]/g, '');
  return /^[0-9a-f]{64}$/i.test(hex) ? Buffer.from(hex, 'hex') : null;
};

/** Why a socket's certificate is not the pinned one; nothing when it is, or none is pinned. In doubt it is not. */
export const unpinned = ({ mode, value }: Tls, socket: Socket): OutboundFault | null => {
  if (mode !== 'fingerprint' || !(socket instanceof TLSSocket)) return null;
  const expected = bytesOf(value);
  if (!expected) return refused('the pinned fingerprint is not a SHA-256 in hexadecimal');
  const { raw } = socket.getPeerCertificate();
  const same = raw && timingSafeEqual(createHash('sha256').update(raw).digest(), expected);
  return same ? null : refused('the certificate is not the one whose fingerprint is pinned');
};

/** Whether an error of a handshake is about the certificate. The codes are OpenSSL's, and Node's for a wrong name. */
export const isAboutCertificate = (code: string) =>
  /CERT|SIGNATURE|ISSUER|^(INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH|CRL_)/.test(code);
