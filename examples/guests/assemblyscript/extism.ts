// An Extism plug-in that goes on with a text, or answers a question, with a model of the host: its input is the text, its output what the
// model says; of `ask` the parts of the answer as JSON.
//
//   asc extism.ts -o extism.wasm -O3 --runtime stub --use abort=

// @ts-nocheck: AssemblyScript
import { jsonString } from "./host";

@external("extism:host/env", "alloc") declare function alloc(bytes: u64): u64;
@external("extism:host/env", "store_u8") declare function storeByte(at: u64, value: u32): void;
@external("extism:host/env", "input_length") declare function inputLength(): u64;
@external("extism:host/env", "input_load_u8") declare function inputByte(at: u64): u32;
@external("extism:host/env", "output_set") declare function setOutput(at: u64, bytes: u64): void;
@external("extism:host/env", "length") declare function lengthOf(at: u64): u64;
@external("extism:host/user", "realm_generate") declare function generate(model: u64, prompt: u64, options: u64): u64;

@external("extism:host/user", "realm_chat") declare function chat(model: u64, messages: u64, options: u64): u64;

/** A text where the host sees it. */
function put(text: string): u64 {
  const bytes = Uint8Array.wrap(String.UTF8.encode(text));
  const at = alloc(bytes.length);
  for (let i = 0; i < bytes.length; i++) storeByte(at + i, bytes[i]);
  return at;
}

export function answer(): i32 {
  const bytes = inputLength();
  const prompt = alloc(bytes);
  for (let i: u64 = 0; i < bytes; i++) storeByte(prompt + i, inputByte(i));
  const text = generate(put("paris"), prompt, put('{"maxTokens": 20, "temperature": 0}'));
  setOutput(text, lengthOf(text));
  return 0;
}

export function ask(): i32 {
  const bytes = new Uint8Array(<i32>inputLength());
  for (let i = 0; i < bytes.length; i++) bytes[i] = <u8>inputByte(i);
  const question = jsonString(String.UTF8.decode(bytes.buffer));
  const answer = chat(put("paris"), put('[{"role": "user", "content": ' + question + '}]'), put('{"maxTokens": 60, "temperature": 0}'));
  setOutput(answer, lengthOf(answer));
  return 0;
}
