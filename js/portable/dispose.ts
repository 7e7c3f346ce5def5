const known = Symbol.dispose as typeof Symbol.dispose | undefined;

/** Symbol.dispose; where JavaScript has none yet (Node before 18.18) a symbol that nobody knows, and no method named `undefined`. */
export const dispose: typeof Symbol.dispose = known ?? (Symbol('Symbol.dispose') as typeof Symbol.dispose);
