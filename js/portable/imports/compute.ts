import { GuestFault } from '../guest/faults.js';
import type { GuestContext, Import } from './context.js';

/** A result's length in bytes is the answer, and answers are signed 32-bit numbers. */
const MOST_ANSWER = 0x7fffffff;

function answer(floats: number): number {
  if (floats * 4 > MOST_ANSWER)
    throw new GuestFault('INVALID_ARGUMENT', `a result of ${floats * 4} bytes is more than one call can answer`);
  return floats * 4;
}

/** The calls that compute. They write straight into the guest's memory; results are bytes written. */
export function computeImports({ memory, models, calls, quota }: GuestContext): Record<string, Import> {
  function forward(
    id: number,
    layer: number,
    count: number,
    pointer: number,
    length: number,
    position: number,
    outPointer: number,
  ): number {
    const hidden = memory.floats('hidden states', pointer, length);
    memory.check('out', outPointer, length, 4);
    const model = models.get(id);
    const { layers } = model.info;
    if (layer >= layers) throw new GuestFault('NOT_FOUND', `layer ${layer} asked, the model has ${layers}`);
    if (count === 0 || layer + count > layers)
      throw new GuestFault('NOT_FOUND', `${count} layers from ${layer} on asked, the model has ${layers}`);
    const bytes = answer(length);
    // In place, as guests mostly do: one view less.
    const out = outPointer === pointer ? hidden : memory.floats('out', outPointer, length);
    quota.forward(model, count, length, position, () => model.forwardInto(layer, count, hidden, position, out));
    memory.wrote(outPointer, out);
    return bytes;
  }
  return {
    realm_embed_tokens: calls.wrap('realm_embed_tokens', (id, idsPointer, count, outPointer) => {
      const ids = memory.ids('token ids', idsPointer, count);
      const model = models.get(id);
      const { hiddenSize, vocabSize } = model.info;
      const floats = count * hiddenSize;
      memory.check('out', outPointer, floats, 4);
      const bytes = answer(floats);
      // Before anything is written: all rows or none.
      for (let index = 0; index < count; index++) {
        const token = ids[index] as number;
        if (token >= vocabSize) {
          const where = `token ${token} at index ${index}`;
          throw new GuestFault('INVALID_ARGUMENT', `${where} is not in the vocabulary of ${vocabSize}`);
        }
      }
      const out = memory.floats('out', outPointer, floats);
      model.embedInto(ids, out);
      memory.wrote(outPointer, out);
      return bytes;
    }),
    realm_forward_layer: calls.wrap('realm_forward_layer', (id, layer, pointer, length, position, outPointer) =>
      forward(id, layer, 1, pointer, length, position, outPointer),
    ),
    realm_forward_layers: calls.wrap('realm_forward_layers', forward),
    realm_compute_logits: calls.wrap('realm_compute_logits', (id, pointer, length, outPointer) => {
      const hidden = memory.floats('hidden state', pointer, length);
      const model = models.get(id);
      const { vocabSize } = model.info;
      memory.check('out', outPointer, vocabSize, 4);
      const bytes = answer(vocabSize);
      const out = memory.floats('out', outPointer, vocabSize);
      model.logitsInto(hidden, out);
      memory.wrote(outPointer, out);
      return bytes;
    }),
    realm_session_reset: calls.wrap('realm_session_reset', (id) => {
      const model = models.get(id);
      model.reset();
      quota.forget(model);
      return 0;
    }),
  };
}
