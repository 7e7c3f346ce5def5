// A route of a Next.js app: the package is external there (serverExternalPackages). Gives what smoke.js prints. Run by scripts/everywhere.js.

import { loadModel } from '@realm/realm-node';

export const dynamic = 'force-dynamic';

const PROMPT = 'The capital of France is';

export async function GET() {
  const model = await loadModel('node_modules/@realm/realm-node/models/tiny-atlas-q4_k_m.gguf');
  const { text } = await model.generate(PROMPT, { maxTokens: 24 });
  const chat = await model.chat([{ role: 'user', content: 'What is the capital of Japan?' }]);
  const [vector] = await model.embed([PROMPT]);
  model.close();
  return Response.json({ text, chat: chat.content, vector: vector[0] });
}
