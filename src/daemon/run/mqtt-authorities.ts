import { X509Certificate } from 'node:crypto';
import { quote, WaypostError } from '../../core/errors.js';
import { readSmallFile } from '../data-folder/small-file.js';

/** All public authorities together have a quarter of it. */
const MAX_FILE_BYTES = 2 ** 20;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificates (PEM) in a file that `mqtt.brokers` names. Throws ERR_CONFIG, ERR_TOO_LARGE, ERR_FILE. */
export async function readAuthorities(file: string): Promise<readonly string[]> {
  const text = (await readSmallFile(file, MAX_FILE_BYTES))?.toString('latin1');
  if (text === undefined) throw unusable(file, 'is not there');
  const certificates = text.match(CERTIFICATE) ?? [];
  if (certificates.length === 0) throw unusable(file, 'has no certificate in PEM (BEGIN CERTIFICATE)');
  try {
    for (const certificate of certificates) new X509Certificate(certificate);
  } catch (cause) {
    throw unusable(file, 'has a certificate that is damaged', cause);
  }
  return certificates;
}

function unusable(file: string, why: string, cause?: unknown): WaypostError {
  return new WaypostError('ERR_CONFIG', `mqtt.brokers: the file ${quote(file, 200)} of ca ${why}`, { cause });
}
