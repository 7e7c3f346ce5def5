// Makes ids of long texts, and texts of many ids, in a thread of its own; see elsewhere.ts.
import { answering } from '../engine/answering';
import { binding } from '../engine/binding';
import type { TokenWork } from './elsewhere';

answering(
  (work: TokenWork): Uint32Array | string => {
    switch (work.kind) {
      case 'segments':
        return new Uint32Array(binding.tokenizeSegments(work.model, work.text, work.lengths, true));
      case 'detokenize':
        return binding.detokenize(work.model, work.ids, work.how);
      case 'list':
        return new Uint32Array(binding.tokenize(work.model, work.text, work.addSpecial, work.parseSpecial)).join(',');
    }
  },
  (result) => (typeof result === 'string' ? [] : [result.buffer as ArrayBuffer]),
);
