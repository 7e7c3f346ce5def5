'use strict';

// Writes docs/models.md from the engine's own tables.

const fs = require('node:fs');
const path = require('node:path');

const file = path.join(__dirname, '..', 'docs', 'models.md');
const listed = (names) => names.map((name) => `\`${name}\``).join(', ');

/** The page, of what `getEngineInfo` says. */
function modelsPage({ architectures, formats, tokenizers, preTokenizers }) {
  return `# What runs

The engine's own tables, written by \`node scripts/models.js\`; \`getEngineInfo()\` gives the same in a program. A file that asks for
anything else is refused when it is opened, with \`E_UNSUPPORTED\` and what was found; nothing is computed by guess.

\`inspectModel(path)\` tells of a file, before its weights are loaded, whether it runs and why not (\`runs\`, \`problems\`), what it is
(architecture, parameters, formats, context, tokenizer, templates, adapter), whether adapters fit it (\`{ lora }\`), and in \`memory\` what its
weights and a text of \`contextLength\` positions take; \`inspectModelSync\` at once.

## Architectures

\`general.architecture\` of ${architectures.length} families. Each computes text: towers for images and sound are left out, of models that have
them. Families without a head (\`bert\` and its kin, \`llama-embed\`, \`t5encoder\`) give vectors by \`model.embed\` and scores by
\`model.rank\`; diffusion models (\`llada\`, \`dream\`) give logits of a whole text by \`model.logits\`. Networks that choose among far keys
(\`deepseek32\`, \`glm-dsa\`, \`minimax-m3\`, \`qwen4exp\`) run up to the length at which all are chosen: there their context ends.

${listed(architectures)}

## Weight formats

${listed(formats.map(({ name }) => name))}

## Tokenizers

| \`tokenizer.ggml.model\` | what it is |
| --- | --- |
${tokenizers.map(({ name, description }) => `| \`${name}\` | ${description} |`).join('\n')}

## Pre-tokenizers

\`tokenizer.ggml.pre\` of byte-pair encodings, ${preTokenizers.length} names:

${listed(preTokenizers)}
`;
}

if (require.main === module) fs.writeFileSync(file, modelsPage(require('..').getEngineInfo()));

module.exports = { modelsPage };
