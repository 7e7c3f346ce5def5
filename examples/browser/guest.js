// The page's worker for WebAssembly guests of Option 2: the guest runs here, the host computes; its calls wait.
import { createRemoteImports } from './realm/client/index.mjs';

onmessage = async ({ data: { guest, token, road, model, prompt, most } }) => {
  try {
    const onToken = (text) => postMessage({ text });
    const imports = await createRemoteImports({ url: location.origin, token, road, onToken });
    const { instance } = await WebAssembly.instantiateStreaming(fetch(guest), { env: imports.env });
    imports.attach(instance);
    const { memory, alloc, run, ids_at, id_count_now, logits_at } = instance.exports;
    const put = (text) => {
      const bytes = new TextEncoder().encode(text);
      const at = alloc(bytes.length);
      new Uint8Array(memory.buffer, at, bytes.length).set(bytes);
      return [at, bytes.length];
    };
    const began = performance.now();
    const tokens = run(...put(model), ...put(prompt), most);
    const milliseconds = performance.now() - began;
    const error = tokens < 0 ? imports.lastError : undefined;
    const ids = [...new Uint32Array(memory.buffer, ids_at(), id_count_now())];
    const logits = new Uint8Array(memory.buffer, logits_at()); // to the memory's end: the page knows how many there are
    const done = { tokens, milliseconds, error, ids, logits: logits.slice(), bytes: memory.buffer.byteLength };
    imports.close();
    postMessage({ done: { ...done, road: imports.road } });
  } catch (error) {
    postMessage({ done: { error: error.message } });
  }
};
