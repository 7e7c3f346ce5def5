import { GuestFault } from '../guest/faults.js';
import { generateOptionsOf } from '../guest/json.js';
import type { GuestObjects } from '../guest/objects.js';
import type { EngineSampler } from '../guest/engine.js';
import type { GuestContext, Import } from './context.js';

/** The index of the highest number, the first one of equals. */
export function highest(values: Float32Array): number {
  if (values.length === 0) throw new GuestFault('INVALID_ARGUMENT', 'there are no numbers');
  let best = 0;
  let most = values[0] as number;
  for (let index = 1; index < values.length; index++) {
    const value = values[index] as number;
    if (value > most) [best, most] = [index, value];
  }
  return best;
}

/** Choosing tokens from logits that the guest has. */
export function choosingImports(
  { memory, models, calls }: GuestContext,
  samplers: GuestObjects<EngineSampler>,
): Record<string, Import> {
  return {
    realm_argmax: calls.wrap('realm_argmax', (pointer, count) => highest(memory.floats('logits', pointer, count))),
    realm_sampler_create: calls.wrap('realm_sampler_create', (id, json, length) => {
      const options = generateOptionsOf('options', memory.text('options', json, length));
      return samplers.add(() => models.get(id).sampler(options));
    }),
    realm_sampler_accept: calls.wrap('realm_sampler_accept', (id, pointer, count) => {
      samplers.get(id).accept(memory.ids('token ids', pointer, count));
      return 0;
    }),
    realm_sampler_choose: calls.wrap('realm_sampler_choose', (id, pointer, count) =>
      samplers.get(id).choose(memory.floats('logits', pointer, count)),
    ),
    realm_sampler_remove: calls.wrap('realm_sampler_remove', (id) => {
      samplers.remove(id);
      return 0;
    }),
  };
}
