import { types } from 'node:util';
import { binding } from '../../engine/binding';
import {
  floats,
  floatsOut,
  invalid,
  positiveInteger,
  show,
  text as checkText,
  tokenIds,
  wholeNumber,
} from '../../engine/check';
import { native } from '../../engine/errors';
import { knownOptions } from '../../options/table';
import { checkFlag, checkFunctions } from '../../portable/known';
import { GuestAnswers } from '../../portable/guest/answers';
import { GuestDecoder } from '../../portable/guest/decoder';
import type { EngineSampler } from '../../portable/guest/engine';
import { conversationOf, generateOptionsOf, messagesOf, stopsOf } from '../../portable/guest/json';
import { GuestModels } from '../../portable/guest/models';
import { GuestObjects } from '../../portable/guest/objects';
import { answerChat, generateWith, Quota } from '../../portable/guest/quota';
import { GuestFault } from '../../portable/guest/faults';
import { highest } from '../../portable/imports/choosing';
import { metadataOf } from '../../portable/imports/storage';
import { checkModels, LocalModels, type LocalModel } from '../local';
import { floatsOf, idsOf } from './arrays';
import { guarded, ofHost } from './guarded';
import type { Host, HostOptions } from './functions';

const NAMES = ['models', 'onToken', 'onReasoning', 'mayStore', 'limits', 'onError'];

/** @throws RealmError E_INVALID_ARGUMENT */
function checked(given: HostOptions): HostOptions {
  const options: HostOptions = { ...knownOptions('createHost', given, NAMES) };
  checkModels(options.models);
  checkFunctions(options, ['onToken', 'onReasoning', 'onError']);
  checkFlag('mayStore', options.mayStore);
  return options;
}

/** A number that may not be left out. */
const whole = (name: string, value: number): number => wholeNumber(name, value ?? NaN, 0, 0xffffffff);

/** A host of one's own: for `instantiate(module, { '@realm/realm-node/host': createHost(...) })`, and for tests. */
export function createHost(given: HostOptions = {}): Host & { configure(options: HostOptions): void; close(): void } {
  const options = checked(given);
  const allowed = new LocalModels(options.models);
  const quota = new Quota(options.limits);
  const models = new GuestModels(allowed, quota);
  const samplers = new GuestObjects<EngineSampler>('sampler');
  const decoders = new GuestObjects<GuestDecoder>('decoder');
  const said = { mayStore: false, ...options };
  const of = (modelId: number): LocalModel => models.get(modelId);
  const telling = (callback: 'onToken' | 'onReasoning') => (text: string) => {
    quota.text(text);
    return ofHost(() => said[callback]?.(text)) !== false;
  };
  const [onText, onReasoning] = [telling('onToken'), telling('onReasoning')];
  const answers = new GuestAnswers();
  const take = (decoder: GuestDecoder): string => {
    const { ready } = decoder;
    decoder.taken();
    return ready;
  };
  const forward = <T>(
    model: LocalModel,
    count: number,
    hidden: Float32Array | Buffer | ArrayBuffer,
    position: number,
    compute: () => T,
  ): T => quota.forward(model, count, hidden.byteLength >> 2, whole('position', position), () => native(compute));
  const functions: Host = {
    loadModelByName: (name) => models.load(checkText('name', name)),
    storeModel(bytes, modelId) {
      if (said.mayStore !== true)
        throw new GuestFault('UNSUPPORTED', 'the host does not let its guests store models (mayStore)');
      if (!types.isUint8Array(bytes)) throw invalid(`bytes must be a Uint8Array, got ${show(bytes)}`);
      return models.store(bytes, modelId ?? 0);
    },
    removeModel: (modelId) => models.remove(modelId),
    getModelInfo: (modelId) => of(modelId).storedInfo(),
    getModelMetadata: (modelId) => JSON.stringify(metadataOf(of(modelId).info)),
    hiddenSize: (modelId) => of(modelId).info.hiddenSize,
    vocabSize: (modelId) => of(modelId).info.vocabSize,
    layerCount: (modelId) => of(modelId).info.layers,
    contextLength: (modelId) => of(modelId).info.contextLength,
    getTensor: (modelId, name) => of(modelId).tensor(name),
    embedTokens(modelId, ids) {
      const checked = tokenIds(ids);
      return new Float32Array(native(() => binding.embedTokens(of(modelId).stored, checked)));
    },
    embedTokensInto(modelId, ids, out) {
      const [checked, room] = [tokenIds(ids), floatsOut(out)];
      const model = of(modelId);
      native(() => binding.embedTokensInto(model.stored, checked, room));
      return (checked.byteLength >> 2) * model.info.hiddenSize;
    },
    forwardLayer(modelId, layerIdx, hidden, position) {
      const layer = whole('layerIdx', layerIdx);
      const checked = floats(hidden, 'hiddenStates');
      const model = of(modelId);
      const { stored } = model;
      const compute = () => binding.forwardLayer(stored, layer, checked, position);
      return new Float32Array(forward(model, 1, checked, position, compute));
    },
    forwardLayerInto(modelId, layerIdx, hidden, position, out) {
      const layer = whole('layerIdx', layerIdx);
      const [checked, room] = [floats(hidden, 'hiddenStates'), floatsOut(out)];
      const model = of(modelId);
      const { stored } = model;
      forward(model, 1, checked, position, () => binding.forwardLayerInto(stored, layer, checked, position, room));
      return checked.byteLength >> 2;
    },
    forwardLayers(modelId, firstLayer, count, hidden, position) {
      const first = whole('firstLayer', firstLayer);
      const model = of(modelId);
      const { layers } = model.info;
      const wanted = positiveInteger('layerCount', count, 1);
      if (first + wanted > layers) throw invalid(`${wanted} layers from ${first} on asked, the model has ${layers}`);
      const checked = floats(hidden, 'hiddenStates');
      const { stored } = model;
      return forward(model, wanted, checked, position, () => {
        const out = new Float32Array(binding.forwardLayer(stored, first, checked, position));
        if (wanted > 1) model.forwardInto(first + 1, wanted - 1, out, position, out);
        return out;
      });
    },
    computeLogits(modelId, hidden) {
      const checked = floats(hidden, 'hiddenState');
      return new Float32Array(native(() => binding.computeLogits(of(modelId).stored, checked)));
    },
    computeLogitsInto(modelId, hidden, out) {
      const [checked, room] = [floats(hidden, 'hiddenState'), floatsOut(out)];
      const model = of(modelId);
      native(() => binding.computeLogitsInto(model.stored, checked, room));
      return model.info.vocabSize;
    },
    tokenize: (modelId, text) => of(modelId).encode(checkText('text', text)),
    detokenize(modelId, ids) {
      const checked = tokenIds(ids);
      return native(() => binding.detokenize(of(modelId).handle, checked, 1));
    },
    detokenizeBytes: (modelId, ids) => of(modelId).decode(idsOf(ids)),
    isEndToken: (modelId, tokenId) => of(modelId).info.tokenizer?.endIds.includes(tokenId) ?? false,
    endTokens: (modelId) => Uint32Array.from(of(modelId).info.tokenizer?.endIds ?? []),
    createDecoder(modelId, after, options) {
      const stops = stopsOf('options', checkText('options', options ?? ''));
      return decoders.add(() => new GuestDecoder(of(modelId), idsOf(after), stops));
    },
    decodeNext(decoderId, ids) {
      const decoder = decoders.get(decoderId);
      decoder.push(idsOf(ids));
      return take(decoder);
    },
    decodeEnd(decoderId) {
      const decoder = decoders.get(decoderId);
      decoder.end();
      return take(decoder);
    },
    decoderStopped: (decoderId) => decoders.get(decoderId).stopped,
    removeDecoder: (decoderId) => decoders.remove(decoderId),
    argmax: (logits) => highest(floatsOf(logits, 'logits')),
    createSampler(modelId, options) {
      const given = generateOptionsOf('options', checkText('options', options ?? ''));
      return samplers.add(() => of(modelId).sampler(given));
    },
    acceptTokens: (samplerId, ids) => samplers.get(samplerId).accept(idsOf(ids)),
    chooseToken: (samplerId, logits) => samplers.get(samplerId).choose(floatsOf(logits, 'logits')),
    removeSampler: (samplerId) => samplers.remove(samplerId),
    applyChatTemplate(modelId, text) {
      const { messages, options } = conversationOf(checkText('messages', text));
      return of(modelId).renderChat(messages, options);
    },
    encodeChat(modelId, text) {
      const { messages, options } = conversationOf(checkText('messages', text));
      return of(modelId).encodeChat(messages, options);
    },
    streamToken: (text) => (onText(checkText('text', text)) ? 0 : 1),
    generate(modelId, prompt, maxTokens, temperature, seed) {
      const model = of(modelId);
      const given = { temperature: temperature ?? 0, seed: seed ?? 0, maxTokens: maxTokens ?? 512 };
      return generateWith(quota, model, checkText('prompt', prompt), given, Infinity, onText).text;
    },
    generateWith(modelId, prompt, options) {
      quota.checkTokens();
      const given = generateOptionsOf('options', checkText('options', options));
      return generateWith(quota, of(modelId), checkText('prompt', prompt), given, Infinity, onText).text;
    },
    chat(modelId, messages, options) {
      quota.checkTokens();
      const conversation = messagesOf(checkText('messages', messages));
      const given = generateOptionsOf('options', checkText('options', options ?? ''));
      const model = of(modelId);
      const { text, parts } = answerChat(quota, model, conversation, given, onText, onReasoning);
      answers.keep(model, parts);
      return text;
    },
    chatAnswer: (modelId, part) => answers.part(of(modelId), checkText('part', part ?? '')),
    resetSession(modelId) {
      of(modelId).reset();
      quota.forget(of(modelId));
    },
  };
  return {
    ...guarded(functions, quota, (name, error) => said.onError?.(name, error)),
    configure(given) {
      const more = checked(given);
      if (more.models) allowed.allow(more.models);
      if (more.limits) quota.set(more.limits);
      Object.assign(said, more);
    },
    close() {
      samplers.close();
      decoders.close();
      models.close();
    },
  };
}
