/** A token of a `realm_token`: id, end of the text in bytes, log probability, number of likeliest tokens, whether it was forced. */
const WORDS = 5;

/** The ids of the tokens of an event. */
export function idsOf(tokens: ArrayBuffer | undefined): Uint32Array {
  const words = new Uint32Array(tokens ?? []);
  return Uint32Array.from({ length: words.length / WORDS }, (_, i) => words[i * WORDS] ?? 0);
}

/** What is known of a token beside its id. */
export interface TokenRecord {
  token: number;
  /** Bytes of all the text that was ready with it, from the beginning on; modulo 2^32. */
  textEnd: number;
  logprob: number;
  /** The format left no choice. */
  forced: boolean;
  top: { token: number; logprob: number }[];
}

/** All that an event tells of its tokens. */
export function recordsOf(tokens: ArrayBuffer | undefined, tops: ArrayBuffer | undefined): TokenRecord[] {
  const words = new Uint32Array(tokens ?? []);
  const floats = new Float32Array(tokens ?? []);
  const topWords = new Uint32Array(tops ?? []);
  const topFloats = new Float32Array(tops ?? []);
  let at = 0;
  return Array.from({ length: words.length / WORDS }, (_, i) => {
    const [token = 0, textEnd = 0, , count = 0, forced] = words.subarray(i * WORDS, (i + 1) * WORDS);
    const top = Array.from({ length: count }, () => {
      const one = { token: topWords[2 * at] ?? 0, logprob: topFloats[2 * at + 1] ?? 0 };
      at++;
      return one;
    });
    return { token, textEnd, logprob: floats[i * WORDS + 2] ?? 0, forced: forced === 1, top };
  });
}
