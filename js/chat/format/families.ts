import { harmony, muse } from './families/channels';
import { cohere, commandR } from './families/cohere';
import { deepseek31, deepseek32, deepseekR1 } from './families/deepseek';
import { functionary31, functionary32 } from './families/functionary';
import { functionGemma, gemma4 } from './families/gemma';
import { glm, hunyuan } from './families/glm';
import { hermes } from './families/hermes';
import { minicpm5, minimax2, minimax3 } from './families/invoke';
import { kimi2, kimi3 } from './families/kimi';
import { apertus, apriel, firefunction, granite3, minimax1, nemotron2, phi4 } from './families/lists';
import { llama, llamaPythonic } from './families/llama';
import { mistral, mistralList } from './families/mistral';
import { lfm2, olmo3 } from './families/pythonic';
import { qwenCoder } from './families/qwenCoder';
import { gigachat, internlm2, solar } from './families/single';
import type { Family } from './family';

/** The known families. Of those whose marks a template has, the first is taken that reads back what the template writes. */
export const FAMILIES: readonly Family[] = [
  ...[minimax3, minimax2, muse, harmony, kimi3, kimi2, deepseek32, deepseekR1, deepseek31, solar],
  ...[cohere, commandR, gemma4, functionGemma, hunyuan, glm, minicpm5, qwenCoder, functionary31, functionary32],
  ...[mistral, mistralList, apertus, nemotron2, minimax1, apriel, granite3, phi4, firefunction, gigachat, internlm2],
  ...[olmo3, hermes, lfm2, llamaPythonic, llama],
];
