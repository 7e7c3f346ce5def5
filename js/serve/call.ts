import { wireError } from './errors';
import { Events } from './events';
import { readMessage, sendBytes, type Exchange } from './exchange';
import { envelope, frame, jsonText, type TokenData } from './wire';

/**
 * `POST /v1/call`: the WebSocket's envelope, for where there is no WebSocket. With `"stream": true` in the params the
 * answer is server-sent events, each the JSON that would be a frame; else JSON, or the binary frame where there are numbers.
 */
export async function callOverHttp(exchange: Exchange): Promise<void> {
  const { response, calls, limits, signal } = exchange;
  const { message, floats: given } = await readMessage(exchange);
  const { id, function: name, params } = envelope({ id: 0, ...message });
  if (params.stream !== true || name !== 'generate') {
    const { data, floats, json } = await calls.run({ name, params, floats: given, signal });
    const reply = { id, status: 'complete', data };
    if (floats) return sendBytes(exchange, 'application/octet-stream', frame(reply, floats));
    return sendBytes(exchange, 'application/json', [Buffer.from(jsonText(reply, json))]);
  }

  const events = new Events(response, limits);
  try {
    let index = 0;
    const { data } = await calls.run({ name, params, signal }, (token: TokenData) => {
      index = token.index + 1;
      return events.send({ id, status: 'streaming', data: token });
    });
    await events.send({ id, status: 'complete', data: { token: '', index, is_final: true, ...data } });
  } catch (error) {
    if (!events.begun) throw error;
    await events.send({ id, status: 'error', error: wireError(error) });
  } finally {
    events.stop();
  }
  response.end();
}
