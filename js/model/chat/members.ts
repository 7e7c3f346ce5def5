/** Members of a tool. */
export const MEMBERS = ['description', 'parameters', 'execute'];

/** Of the `function` of one in OpenAI's form. */
export const OPENAI_MEMBERS = ['name', ...MEMBERS, 'strict'];
