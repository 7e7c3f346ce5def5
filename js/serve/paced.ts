import type { ServerResponse } from 'node:http';
import type { CheckedOptions } from './options';

/** Large answers leave in pieces of this many bytes: what is cut off has not been handed over whole. */
const PIECE = 64 << 10;

/**
 * Writes to an answer as on a WebSocket: at once while little waits, else at the client's pace, and not for ever. One that reads less than
 * `waitingBytes` in `stallMilliseconds` while there is something to read is cut off.
 */
export async function sendPaced(
  response: ServerResponse,
  data: string | Buffer,
  limits: CheckedOptions['limits'],
): Promise<void> {
  if (typeof data === 'string') return sendPiece(response, data, limits);
  for (let at = 0; at < data.length; at += PIECE) await sendPiece(response, data.subarray(at, at + PIECE), limits);
}

function sendPiece(response: ServerResponse, piece: string | Buffer, limits: CheckedOptions['limits']): Promise<void> {
  const { socket } = response.req;
  // The socket too: of answers to requests sent ahead, only the first one's hears of its end.
  if (response.destroyed || socket.destroyed) return Promise.resolve();
  const { waitingBytes, stallMilliseconds } = limits;
  return new Promise((resolve) => {
    const late: { timer?: NodeJS.Timeout } = {};
    const done = () => {
      clearTimeout(late.timer);
      socket.off('close', done);
      resolve();
    };
    response.write(piece, done);
    if (response.writableLength <= waitingBytes) return resolve();
    socket.on('close', done);
    late.timer = setTimeout(() => socket.destroy(), stallMilliseconds);
  });
}
