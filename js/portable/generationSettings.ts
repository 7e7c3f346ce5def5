// How to generate, as the addon takes it and as guests say it.

/** The fields of realm_generation_options that everybody sets, checked. */
export interface GenerationSettings {
  seed: bigint;
  maxTokens: number;
  topK: number;
  temperature: number;
  topP: number;
  minP: number;
  repeatPenalty: number;
  ignoreEos: boolean;
  stop: string[];
}
