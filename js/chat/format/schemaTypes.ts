import type { JsonSchema } from '../../options/structure';

type Types = ReadonlySet<string>;

/** The JSON types of an argument that its schema allows; undefined: any, or no one knows. */
export function argumentTypes(schema: JsonSchema | undefined, key: string): Types | undefined {
  const property = propertyOf(schema, key);
  return property === undefined ? undefined : typesOf(property, schema!, 0);
}

/** The schema of one argument. */
export function propertyOf(schema: JsonSchema | undefined, key: string): JsonSchema | undefined {
  if (typeof schema !== 'object') return undefined;
  const { properties, additionalProperties } = schema as { properties?: unknown; additionalProperties?: unknown };
  if (isObject(properties) && Object.hasOwn(properties, key)) return properties[key] as JsonSchema;
  return isObject(additionalProperties) ? additionalProperties : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A schema that is a `$ref` to a part of the whole, followed. */
export function resolved(schema: unknown, whole: JsonSchema): unknown {
  for (let steps = 0; isObject(schema) && typeof schema.$ref === 'string' && steps < 20; steps++) {
    const [root, ...path] = schema.$ref.split('/');
    if (root !== '#') return undefined;
    let at: unknown = whole;
    for (const part of path) {
      const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
      at = isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined;
    }
    schema = at;
  }
  return schema;
}

/** The JSON types that a schema allows, `integer` being `number`; undefined: it doesn't say. */
export function typesOf(given: unknown, whole: JsonSchema, depth = 0): Types | undefined {
  const schema = resolved(given, whole);
  if (!isObject(schema) || depth > 8) return undefined;
  const { type, const: constant, enum: values, anyOf, oneOf, allOf } = schema;
  if (typeof type === 'string' || Array.isArray(type)) {
    const named = (Array.isArray(type) ? type : [type]) as unknown[];
    return new Set(named.map((name) => (name === 'integer' ? 'number' : String(name))));
  }
  if (Object.hasOwn(schema, 'const')) return new Set([typeOf(constant)]);
  if (Array.isArray(values)) return new Set(values.map(typeOf));
  const choices = anyOf ?? oneOf;
  if (Array.isArray(choices)) {
    const types = choices.map((choice) => typesOf(choice, whole, depth + 1));
    return types.includes(undefined) ? undefined : new Set(types.flatMap((some) => [...some!]));
  }
  if (Array.isArray(allOf)) return allOf.map((part) => typesOf(part, whole, depth + 1)).find((types) => types);
  return undefined;
}

/** The JSON type of a value. */
export function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
