// How to generate, as guests say it.

/** The options of `generate` that guests set. */
export interface GenerationSettings {
  seed: bigint;
  maxTokens: number;
  topK: number;
  temperature: number;
  topP: number;
  minP: number;
  repeatPenalty: number;
  ignoreEos: boolean;
  stop: readonly (string | number)[];
}
