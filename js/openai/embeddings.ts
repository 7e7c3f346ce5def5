import { invalid, oneOf, optionsObject, show, type TokenIds } from '../engine/check';
import { embedCounted } from '../model/embed';
import { openedOf, type Model } from '../model/model';
import { noField, type Others } from './fields';

/** The parameters of OpenAI's `embeddings.create`. */
export interface EmbeddingParams {
  model?: string;
  /** A text, several, ids of one, ids of several. */
  input: string | readonly string[] | readonly number[] | readonly (readonly number[])[];
  /** `float` (default): arrays of numbers; `base64`: the bytes of float32 numbers, little-endian. */
  encoding_format?: 'float' | 'base64' | null;
  dimensions?: number | null;
  user?: string | null;
}

export interface Embeddings {
  object: 'list';
  model: string;
  /** `embedding` is a text where `base64` was asked for, as in OpenAI's API, whose types say an array nevertheless. */
  data: { object: 'embedding'; index: number; embedding: number[] }[];
  usage: { prompt_tokens: number; total_tokens: number };
}

const NAMES = ['model', 'input', 'encoding_format', 'dimensions', 'user'];

/** What was asked for, made. */
export interface Embedded {
  vectors: Float32Array[];
  encoding: 'float' | 'base64';
  /** Of all texts. */
  tokens: number;
}

/**
 * Vectors in the order of the texts.
 *
 * @param most called with the texts' number before they are made: throws where that is too many
 */
export async function embedded(
  model: Model,
  given: Readonly<Record<string, unknown>>,
  others: Others,
  signal: AbortSignal | null | undefined,
  most?: (texts: number, encoding: Embedded['encoding']) => void,
): Promise<Embedded> {
  const unknown = Object.keys(given).find((name) => !NAMES.includes(name));
  if (unknown !== undefined && others === 'refuse') throw invalid(noField(unknown, NAMES));
  const { input, encoding_format: format, dimensions } = given;
  const encoding = oneOf('encoding_format', format ?? undefined, ['float', 'base64'] as const, 'float');
  const texts = textsOf(input);
  most?.(texts.length, encoding);
  const { vectors, tokens } = await embedCounted(openedOf(model), texts, {
    ...(dimensions === undefined || dimensions === null ? {} : { dimensions: dimensions as number }),
    ...(signal ? { signal } : {}),
  });
  return { vectors, encoding, tokens };
}

/** Vectors in OpenAI's form. */
export async function embeddings(
  model: Model,
  name: string,
  params: EmbeddingParams,
  signal: AbortSignal | null | undefined,
): Promise<Embeddings> {
  const { vectors, encoding, tokens } = await embedded(model, { ...optionsObject(params) }, 'refuse', signal);
  const data = vectors.map((vector, index) => ({
    object: 'embedding' as const,
    index,
    embedding: encoding === 'float' ? Array.from(vector) : (base64Of(vector) as unknown as number[]),
  }));
  return { object: 'list', model: name, data, usage: { prompt_tokens: tokens, total_tokens: tokens } };
}

function textsOf(input: unknown): (string | (TokenIds & { length: number }))[] {
  if (typeof input === 'string') return [input];
  if (!Array.isArray(input) || input.length === 0)
    throw invalid(`input must be a text, texts, ids or lists of ids, got ${show(input)}`);
  return typeof input[0] === 'number' ? [input as number[]] : (input as string[]);
}

export const base64Of = (vector: Float32Array): string =>
  Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64');
