/** What a model takes, in bytes; texts under way have their own besides. */
export interface ModelMemory {
  /** The tensors in the file. The pages of it that are in memory are the system's, and are given up when something else needs them. */
  file: number;
  /** Packed copies of weights; 0 with `weights: 'mapped'`. */
  weights: number;
  /** What is kept of earlier prompts, at most `promptCacheBytes`. */
  promptCache: number;
  /** What a text takes for each of its tokens, prompt included. */
  token: number;
  /** What a text takes that fills the whole context. */
  context: number;
  /** What this process may still take: of the machine, or of the control groups around it. */
  available: number;
  /** Tokens of one text for which that is enough. */
  contextThatFits: number;
}
