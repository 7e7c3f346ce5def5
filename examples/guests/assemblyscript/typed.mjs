import * as __import0 from "@realm/realm-node/host";
async function instantiate(module, imports = {}) {
  const __module0 = imports["@realm/realm-node/host"];
  const adaptedImports = {
    "@realm/realm-node/host": Object.setPrototypeOf({
      loadModelByName(name) {
        // examples/guests/assemblyscript/host/loadModelByName(~lib/string/String) => u32
        name = __liftString(name >>> 0);
        return __module0.loadModelByName(name);
      },
      hiddenSize(modelId) {
        // examples/guests/assemblyscript/host/hiddenSize(u32) => u32
        modelId = modelId >>> 0;
        return __module0.hiddenSize(modelId);
      },
      layerCount(modelId) {
        // examples/guests/assemblyscript/host/layerCount(u32) => u32
        modelId = modelId >>> 0;
        return __module0.layerCount(modelId);
      },
      contextLength(modelId) {
        // examples/guests/assemblyscript/host/contextLength(u32) => u32
        modelId = modelId >>> 0;
        return __module0.contextLength(modelId);
      },
      tokenize(modelId, text) {
        // examples/guests/assemblyscript/host/tokenize(u32, ~lib/string/String) => ~lib/typedarray/Uint32Array
        modelId = modelId >>> 0;
        text = __liftString(text >>> 0);
        return __lowerTypedArray(Uint32Array, 6, 2, __module0.tokenize(modelId, text)) || __notnull();
      },
      createDecoder(modelId, after, options) {
        // examples/guests/assemblyscript/host/createDecoder(u32, ~lib/typedarray/Uint32Array, ~lib/string/String) => u32
        modelId = modelId >>> 0;
        after = __liftTypedArray(Uint32Array, after >>> 0);
        options = __liftString(options >>> 0);
        return __module0.createDecoder(modelId, after, options);
      },
      embedTokens(modelId, tokenIds) {
        // examples/guests/assemblyscript/host/embedTokens(u32, ~lib/typedarray/Uint32Array) => ~lib/typedarray/Float32Array
        modelId = modelId >>> 0;
        tokenIds = __liftTypedArray(Uint32Array, tokenIds >>> 0);
        return __lowerTypedArray(Float32Array, 5, 2, __module0.embedTokens(modelId, tokenIds)) || __notnull();
      },
      forwardLayer(modelId, layerIdx, hiddenStates, position) {
        // examples/guests/assemblyscript/host/forwardLayer(u32, u32, ~lib/typedarray/Float32Array, u32) => ~lib/typedarray/Float32Array
        modelId = modelId >>> 0;
        layerIdx = layerIdx >>> 0;
        hiddenStates = __liftTypedArray(Float32Array, hiddenStates >>> 0);
        position = position >>> 0;
        return __lowerTypedArray(Float32Array, 5, 2, __module0.forwardLayer(modelId, layerIdx, hiddenStates, position)) || __notnull();
      },
      computeLogits(modelId, hiddenState) {
        // examples/guests/assemblyscript/host/computeLogits(u32, ~lib/typedarray/Float32Array) => ~lib/typedarray/Float32Array
        modelId = modelId >>> 0;
        hiddenState = __liftTypedArray(Float32Array, hiddenState >>> 0);
        return __lowerTypedArray(Float32Array, 5, 2, __module0.computeLogits(modelId, hiddenState)) || __notnull();
      },
      argmax(logits) {
        // examples/guests/assemblyscript/host/argmax(~lib/typedarray/Float32Array) => u32
        logits = __liftTypedArray(Float32Array, logits >>> 0);
        return __module0.argmax(logits);
      },
      isEndToken(modelId, tokenId) {
        // examples/guests/assemblyscript/host/isEndToken(u32, u32) => bool
        modelId = modelId >>> 0;
        tokenId = tokenId >>> 0;
        return __module0.isEndToken(modelId, tokenId) ? 1 : 0;
      },
      decodeNext(decoderId, tokenIds) {
        // examples/guests/assemblyscript/host/decodeNext(u32, ~lib/typedarray/Uint32Array) => ~lib/string/String
        decoderId = decoderId >>> 0;
        tokenIds = __liftTypedArray(Uint32Array, tokenIds >>> 0);
        return __lowerString(__module0.decodeNext(decoderId, tokenIds)) || __notnull();
      },
      streamToken(text) {
        // examples/guests/assemblyscript/host/streamToken(~lib/string/String) => u32
        text = __liftString(text >>> 0);
        return __module0.streamToken(text);
      },
      decodeEnd(decoderId) {
        // examples/guests/assemblyscript/host/decodeEnd(u32) => ~lib/string/String
        decoderId = decoderId >>> 0;
        return __lowerString(__module0.decodeEnd(decoderId)) || __notnull();
      },
      removeDecoder(decoderId) {
        // examples/guests/assemblyscript/host/removeDecoder(u32) => void
        decoderId = decoderId >>> 0;
        __module0.removeDecoder(decoderId);
      },
      removeModel(modelId) {
        // examples/guests/assemblyscript/host/removeModel(u32) => void
        modelId = modelId >>> 0;
        __module0.removeModel(modelId);
      },
    }, __module0),
  };
  const { exports } = await WebAssembly.instantiate(module, adaptedImports);
  const memory = exports.memory || imports.env.memory;
  const adaptedExports = Object.setPrototypeOf({
    idsNow() {
      // examples/guests/assemblyscript/typed/idsNow() => ~lib/typedarray/Uint32Array
      return __liftTypedArray(Uint32Array, exports.idsNow() >>> 0);
    },
    logitsNow() {
      // examples/guests/assemblyscript/typed/logitsNow() => ~lib/typedarray/Float32Array
      return __liftTypedArray(Float32Array, exports.logitsNow() >>> 0);
    },
    run(name, prompt, most) {
      // examples/guests/assemblyscript/typed/run(~lib/string/String, ~lib/string/String, i32) => i32
      name = __retain(__lowerString(name) || __notnull());
      prompt = __lowerString(prompt) || __notnull();
      try {
        return exports.run(name, prompt, most);
      } finally {
        __release(name);
      }
    },
  }, exports);
  function __liftString(pointer) {
    if (!pointer) return null;
    const
      end = pointer + new Uint32Array(memory.buffer)[pointer - 4 >>> 2] >>> 1,
      memoryU16 = new Uint16Array(memory.buffer);
    let
      start = pointer >>> 1,
      string = "";
    while (end - start > 1024) string += String.fromCharCode(...memoryU16.subarray(start, start += 1024));
    return string + String.fromCharCode(...memoryU16.subarray(start, end));
  }
  function __lowerString(value) {
    if (value == null) return 0;
    const
      length = value.length,
      pointer = exports.__new(length << 1, 2) >>> 0,
      memoryU16 = new Uint16Array(memory.buffer);
    for (let i = 0; i < length; ++i) memoryU16[(pointer >>> 1) + i] = value.charCodeAt(i);
    return pointer;
  }
  function __liftTypedArray(constructor, pointer) {
    if (!pointer) return null;
    return new constructor(
      memory.buffer,
      __getU32(pointer + 4),
      __dataview.getUint32(pointer + 8, true) / constructor.BYTES_PER_ELEMENT
    ).slice();
  }
  function __lowerTypedArray(constructor, id, align, values) {
    if (values == null) return 0;
    const
      length = values.length,
      buffer = exports.__pin(exports.__new(length << align, 1)) >>> 0,
      header = exports.__new(12, id) >>> 0;
    __setU32(header + 0, buffer);
    __dataview.setUint32(header + 4, buffer, true);
    __dataview.setUint32(header + 8, length << align, true);
    new constructor(memory.buffer, buffer, length).set(values);
    exports.__unpin(buffer);
    return header;
  }
  const refcounts = new Map();
  function __retain(pointer) {
    if (pointer) {
      const refcount = refcounts.get(pointer);
      if (refcount) refcounts.set(pointer, refcount + 1);
      else refcounts.set(exports.__pin(pointer), 1);
    }
    return pointer;
  }
  function __release(pointer) {
    if (pointer) {
      const refcount = refcounts.get(pointer);
      if (refcount === 1) exports.__unpin(pointer), refcounts.delete(pointer);
      else if (refcount) refcounts.set(pointer, refcount - 1);
      else throw Error(`invalid refcount '${refcount}' for reference '${pointer}'`);
    }
  }
  function __notnull() {
    throw TypeError("value must not be null");
  }
  let __dataview = new DataView(memory.buffer);
  function __setU32(pointer, value) {
    try {
      __dataview.setUint32(pointer, value, true);
    } catch {
      __dataview = new DataView(memory.buffer);
      __dataview.setUint32(pointer, value, true);
    }
  }
  function __getU32(pointer) {
    try {
      return __dataview.getUint32(pointer, true);
    } catch {
      __dataview = new DataView(memory.buffer);
      return __dataview.getUint32(pointer, true);
    }
  }
  return adaptedExports;
}
export const {
  memory,
  __new,
  __pin,
  __unpin,
  __collect,
  __rtti_base,
  idsNow,
  logitsNow,
  run,
} = await (async url => instantiate(
  await (async () => {
    const isNodeOrBun = typeof process != "undefined" && process.versions != null && (process.versions.node != null || process.versions.bun != null);
    if (isNodeOrBun) { return globalThis.WebAssembly.compile(await (await import("node:fs/promises")).readFile(url)); }
    else { return await globalThis.WebAssembly.compileStreaming(globalThis.fetch(url)); }
  })(), {
    "@realm/realm-node/host": __maybeDefault(__import0),
  }
))(new URL("typed.wasm", import.meta.url));
function __maybeDefault(module) {
  return typeof module.default === "object" && Object.keys(module).length == 1
    ? module.default
    : module;
}
