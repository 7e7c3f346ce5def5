/** float32 numbers as upstream gives them, in an ArrayBuffer, which here also says how many: bridges to guests read `length`. */
export type Numbers = ArrayBuffer & { readonly length: number };

export function numbers(buffer: ArrayBuffer): Numbers {
  return Object.defineProperty(buffer, 'length', { value: buffer.byteLength >> 2 }) as Numbers;
}
