import { openAiError } from './errors';
import { Events } from './events';
import type { Exchange } from './exchange';

/** An answer as server-sent events in OpenAI's way: what goes wrong before the first has a status, later it is an event; at the end `[DONE]`. */
export async function streamed(
  exchange: Exchange,
  work: (send: (data: object) => Promise<void>) => Promise<void>,
): Promise<void> {
  const { response, limits } = exchange;
  const events = new Events(response, limits);
  try {
    await work((data) => events.send(data));
    await events.send('[DONE]');
  } catch (error) {
    if (!events.begun) throw error;
    await events.send({ error: openAiError(error, exchange.asked) });
  } finally {
    events.stop();
  }
  response.end();
}
