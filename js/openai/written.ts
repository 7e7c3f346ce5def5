import type { Model } from '../model/model';

/** What a token is written as: its text, or, where its bytes are no whole characters, those bytes as `bytes:\\xe2\\x80`, as OpenAI's API has them. */
export function written(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString();
  if (Buffer.from(text).equals(bytes)) return text;
  return `bytes:${Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}`;
}

/** What tokens are written as, each looked up once. */
export function writtenBy(model: Model): (token: number) => string {
  const known = new Map<number, string>();
  return (token) => {
    let text = known.get(token);
    if (text === undefined) known.set(token, (text = written(model.tokenBytes(token))));
    return text;
  };
}
