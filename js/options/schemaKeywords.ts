/** Keywords that say nothing about values, or only where they are used from. */
const SILENT = `
  $schema $id id $anchor $dynamicAnchor $recursiveAnchor $vocabulary $comment $defs definitions
  title description default examples example deprecated readOnly writeOnly
  contentEncoding contentMediaType contentSchema`;

const KNOWN = `
  $ref $dynamicRef $recursiveRef type enum const allOf anyOf oneOf not if then else
  minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength pattern format
  properties required patternProperties additionalProperties unevaluatedProperties propertyNames
  minProperties maxProperties dependentRequired dependentSchemas dependencies
  prefixItems items additionalItems unevaluatedItems contains minContains maxContains minItems maxItems uniqueItems`;

/** Keywords of JSON Schema: those of managed/Grammars/Json/SchemaKeywords.cs, in any order. */
export const SCHEMA_KEYWORDS: ReadonlySet<string> = new Set(`${SILENT} ${KNOWN}`.trim().split(/\s+/));
