import { positiveInteger, show, text, tokenIds, wholeNumber } from '../engine/check';
import { metadataOf } from '../portable/imports/storage';
import type { GuestModelInfo } from '../portable/guest/engine';
import { RealmError } from '../portable/errors';
import type { Model } from '../model/model';
import type { CheckedOptions } from './options';
import type { Owner, Sessions } from './sessions';
import type { SessionWork } from './sessionWorker';
import type { Lease } from './budget';
import { Refusal } from './errors';
import type { Reply } from './wire';

/** A request of a session, as it came. */
export interface LayerRequest {
  params: Readonly<Record<string, unknown>>;
  /** What came with it in a binary frame. */
  floats: Float32Array | undefined;
  owner: Owner;
  signal: AbortSignal;
  lease: Lease;
}

const NAMES = ['close_session', 'reset_session', 'embed', 'forward_layer', 'compute_logits', 'get_tensor'] as const;
type LayerName = (typeof NAMES)[number];

export const isLayerName = (name: string): name is LayerName => (NAMES as readonly string[]).includes(name);

/**
 * `open_session`: a key/value cache of the client's own, and what a guest must know of the model. A session of a WebSocket ends
 * with it; one that was opened by HTTP (`idle`) when nothing is asked for `sessionMilliseconds`.
 */
export async function openSession(
  sessions: Sessions,
  limits: CheckedOptions['limits'],
  [name, model]: [string, Model],
  owner: Owner,
  client: string,
  idle: boolean,
): Promise<Reply> {
  const { info } = model;
  if (info.vocabOnly) throw new RealmError('E_UNSUPPORTED', `the model ${name} is open for its vocabulary only`);
  const session = await sessions.open(owner, client, name, model, idle);
  const { layers, hiddenSize, vocabSize, contextLength, tensorCount, bytes } = info;
  return {
    data: {
      session,
      model: name,
      ...{ layers, hidden_size: hiddenSize, vocab_size: vocabSize, context_length: contextLength },
      ...{ tensor_count: tensorCount, total_size: bytes },
      bos_id: info.tokenizer?.bosId ?? null,
      metadata: metadataOf(info as GuestModelInfo),
      limits: { message_bytes: limits.messageBytes, answer_bytes: limits.answerBytes },
    },
  };
}

/** The other functions of sessions. Numbers come and go beside the JSON, in binary frames. */
export async function layerCall(
  sessions: Sessions,
  limits: CheckedOptions['limits'],
  name: LayerName,
  { params, floats, owner, signal, lease }: LayerRequest,
): Promise<Reply> {
  const { id, name: model, model: open } = sessions.get(owner, params.session);
  const [width, vocabulary] = [open.info.hiddenSize ?? 0, open.info.vocabSize ?? 0];
  /** What the answer takes is known before it is computed. */
  const run = async (work: SessionWork, shape: number[]): Promise<Reply> => {
    const bytes = shape.reduce((product, size) => product * size, 4);
    if (bytes > limits.answerBytes) throw tooLarge(limits);
    lease.takeBytes(bytes);
    const { floats: result } = await sessions.run(owner, id, work, signal);
    return { data: { model, type: 'f32', shape }, floats: result ?? new Float32Array(0) };
  };
  switch (name) {
    case 'close_session':
      await sessions.close(owner, id);
      return { data: {} };
    case 'reset_session':
      await sessions.run(owner, id, { kind: 'reset' }, signal);
      return { data: {} };
    case 'embed': {
      const { tokens } = params;
      if (!Array.isArray(tokens))
        throw new RealmError('E_INVALID_ARGUMENT', `tokens must be an array of token ids, got ${show(tokens)}`);
      const ids = tokenIds(tokens, 'tokens') as Uint32Array;
      return run({ kind: 'embed', ids, width }, [ids.length, width]);
    }
    case 'forward_layer': {
      const layer = wholeNumber('layer', params.layer, -1, 0xffffffff);
      const count = positiveInteger('count', params.count, 1);
      const position = wholeNumber('position', params.position, -1, 0xffffffff);
      if (layer < 0 || position < 0) throw new RealmError('E_INVALID_ARGUMENT', 'layer and position must be given');
      if (layer + count > (open.info.layers ?? 0))
        throw new RealmError('E_INVALID_ARGUMENT', `${count} layers from ${layer} on: there are ${open.info.layers}`);
      const rows = numbersOf(floats);
      return run({ kind: 'forward', layer, count, floats: rows, position }, [rows.length / width, width]);
    }
    case 'compute_logits':
      return run({ kind: 'logits', floats: numbersOf(floats), width: vocabulary }, [vocabulary]);
    case 'get_tensor': {
      const tensor = text('name', params.name);
      const { value } = await sessions.run(owner, id, { kind: 'tensorSize', name: tensor }, signal);
      return run({ kind: 'tensor', name: tensor }, [value]);
    }
  }
}

const tooLarge = ({ answerBytes }: CheckedOptions['limits']): Refusal =>
  new Refusal('E_TOO_LARGE', `the answer would be above ${answerBytes} bytes`);

function numbersOf(floats: Float32Array | undefined): Float32Array {
  if (floats) return floats;
  throw new RealmError('E_INVALID_ARGUMENT', 'the numbers are missing: they come in a binary frame');
}
