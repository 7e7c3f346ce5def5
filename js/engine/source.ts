import { fileURLToPath } from 'node:url';

/** Also a URL of another realm or a polyfill's, which `instanceof` does not know. */
export function isUrl(value: unknown): value is URL {
  return typeof value === 'object' && value !== null && 'href' in value && 'protocol' in value;
}

/** A path, also when given as a `file:` URL, written out or as an object. */
export function filePath(source: string | URL): string {
  if (typeof source === 'string' && !source.startsWith('file:')) return source;
  return fileURLToPath(source);
}
