import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { invalid, show } from './check';

/** Also a URL of another realm or a polyfill's, which `instanceof` does not know. */
export function isUrl(value: unknown): value is URL {
  return typeof value === 'object' && value !== null && 'href' in value && 'protocol' in value;
}

/** The absolute path of a file, so that errors name it whole; given as a path, or as a `file:` URL, written out or an object. */
export function filePath(source: string | URL): string {
  const href = typeof source === 'string' ? source : source.href;
  if (/^file:/i.test(href)) {
    try {
      return fileURLToPath(href);
    } catch (cause) {
      throw invalid(`${show(href)} names no file of this machine: ${(cause as Error).message}`, { cause });
    }
  }
  if (typeof source !== 'string' || /^[a-z][a-z\d+.-]*:\/\//i.test(href))
    throw invalid(`${show(href)} is no file: nothing is downloaded here; download it, then give the path of the file`);
  // The engine says what is wrong with a path that is none.
  return source === '' || source.includes('\0') ? source : resolve(source);
}
