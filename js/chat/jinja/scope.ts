import type { Value } from './values';

/** Names and what they stand for; a name that isn't here is looked up around. */
export class Scope {
  readonly #names = new Map<string, Value>();

  constructor(readonly outer?: Scope | undefined) {}

  get(name: string): Value | undefined {
    let scope: Scope | undefined = this; // eslint-disable-line @typescript-eslint/no-this-alias
    while (scope) {
      const value = scope.#names.get(name);
      if (value !== undefined) return value;
      scope = scope.outer;
    }
    return undefined;
  }

  set(name: string, value: Value): void {
    this.#names.set(name, value);
  }
}
