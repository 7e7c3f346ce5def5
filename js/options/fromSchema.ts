/** The type of the values of a JSON Schema that is written as a literal; `unknown` where the schema says too little. */
export type FromSchema<S, Root = S> = S extends true
  ? unknown
  : S extends false
    ? never
    : S extends { readonly const: infer Value }
      ? Mutable<Value>
      : S extends { readonly enum: readonly (infer Value)[] }
        ? Mutable<Value>
        : S extends { readonly $ref: infer Target }
          ? FromSchema<Referred<Target, Root>, Root>
          : S extends { readonly anyOf: readonly (infer Way)[] }
            ? FromSchema<Way, Root>
            : S extends { readonly oneOf: readonly (infer Way)[] }
              ? FromSchema<Way, Root>
              : S extends { readonly allOf: infer Parts }
                ? Plain<All<Parts, Root>>
                : S extends { readonly type: infer Type }
                  ? Typed<Type, S, Root>
                  : S extends { readonly properties: object }
                    ? Typed<'object', S, Root>
                    : unknown;

type Typed<Type, S, Root> = Type extends readonly (infer One)[]
  ? Typed<One, S, Root>
  : Type extends 'string'
    ? string
    : Type extends 'number' | 'integer'
      ? number
      : Type extends 'boolean'
        ? boolean
        : Type extends 'null'
          ? null
          : Type extends 'array'
            ? Listed<S, Root>
            : Type extends 'object'
              ? Plain<Members<S, Root>>
              : unknown;

type Listed<S, Root> = S extends { readonly prefixItems: infer First extends readonly unknown[] }
  ? S extends { readonly items: false; readonly minItems: First['length'] }
    ? { -readonly [I in keyof First]: FromSchema<First[I], Root> }
    : unknown[]
  : S extends { readonly items: infer Item }
    ? FromSchema<Item, Root>[]
    : unknown[];

type Required<S> = S extends { readonly required: readonly (infer Name)[] } ? Name : never;

type Members<S, Root> = S extends { readonly properties: infer P }
  ? { -readonly [Name in keyof P as Name extends Required<S> ? Name : never]: FromSchema<P[Name], Root> } & {
      -readonly [Name in keyof P as Name extends Required<S> ? never : Name]?: FromSchema<P[Name], Root>;
    }
  : S extends { readonly additionalProperties: infer Other }
    ? Record<string, FromSchema<Other, Root>>
    : Record<string, unknown>;

type All<Parts, Root> = Parts extends readonly [infer First, ...infer Rest]
  ? FromSchema<First, Root> & All<Rest, Root>
  : unknown;

type Referred<Target, Root> = Target extends '#'
  ? Root
  : Target extends `#/$defs/${infer Name}`
    ? Root extends { readonly $defs: { readonly [N in Name]: infer S } }
      ? S
      : true
    : Target extends `#/definitions/${infer Name}`
      ? Root extends { readonly definitions: { readonly [N in Name]: infer S } }
        ? S
        : true
      : true;

type Mutable<T> = T extends readonly unknown[] | object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T;

/** One object for several that are met together. */
type Plain<T> = T extends object ? { [K in keyof T]: T[K] } : T;
