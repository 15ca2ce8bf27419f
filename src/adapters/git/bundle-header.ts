import { CmfError } from '../../domain/errors.ts';
import type { Oid, Ref } from '../../ports/git.ts';
import type { BundleHeader } from '../../ports/git-bundles.ts';

/** A bundle of git cmf has two refs and few prerequisites; this is room for a thousand. */
export const HEADER_BYTES_MAX = 256 * 1024;

/**
 * Reads the header of a bundle (gitformat-bundle, versions 2 and 3).
 * @param start the first HEADER_BYTES_MAX bytes of the file, or all of them
 * @throws CmfError `damaged`
 */
export function parseBundleHeader(start: Buffer): BundleHeader {
  // latin1 keeps every byte of a hostile name.
  const text = start.toString('latin1');
  const end = text.indexOf('\n\n');
  const [signature, ...lines] = text.slice(0, Math.max(end, 0)).split('\n');
  const version = /^# v([23]) git bundle$/.exec(signature ?? '')?.[1];
  if (version === undefined)
    throw damaged(end < 0 && text.startsWith('# v') ? 'has one that does not end' : 'has none of version 2 or 3');
  let objectFormat: BundleHeader['objectFormat'] = 'sha1';
  const needs: Oid[] = [];
  const refs: Ref[] = [];
  for (const line of lines) {
    if (version === '3' && line.startsWith('@')) objectFormat = readCapability(line);
    else if (line.startsWith('-')) needs.push(readLine(line.slice(1), objectFormat).oid);
    else refs.push(readLine(line, objectFormat));
  }
  return { objectFormat, needs, refs };
}

/** Any other capability changes what the bundle holds: a filter leaves objects out. */
function readCapability(line: string): BundleHeader['objectFormat'] {
  const format = /^@object-format=(sha1|sha256)$/.exec(line)?.[1];
  if (format === 'sha1' || format === 'sha256') return format;
  throw damaged(`says ${JSON.stringify(line.slice(0, 80))}, which git cmf does not know`);
}

/** `<id> <name or comment>`. */
function readLine(line: string, format: BundleHeader['objectFormat']): Ref {
  const length = format === 'sha1' ? 40 : 64;
  const oid = line.slice(0, length);
  const isSound = /^[0-9a-f]+$/.test(oid) && oid.length === length && (line.length === length || line[length] === ' ');
  if (!isSound) throw damaged(`has the line ${JSON.stringify(line.slice(0, 80))} in its header`);
  return { oid: oid as Oid, name: line.slice(length + 1) };
}

function damaged(what: string): CmfError {
  return new CmfError('damaged', { message: `a bundle begins with a header of git; this file ${what}` });
}
