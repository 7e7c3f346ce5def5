import type { Markers } from './markers';
import type { Reading, Source } from './source';

/** Longer names are none. */
const MOST = 256;

/** Reads a name up to one of these texts, which stays unread; undefined where none comes on the same line. */
export function* readField(source: Source, ends: Markers | undefined): Reading<string | undefined> {
  yield* source.space();
  let name = '';
  for (;;) {
    const space = yield* source.space();
    const end = ends ? yield* ends.accept(source) : -1;
    if (end >= 0) {
      source.unread(ends!.texts[end]!);
      return name || undefined;
    }
    const code = yield* source.peek();
    if (code < 0 || space.includes('\n') || name.length >= MOST) return undefined;
    name += space + source.text[source.at++]!;
  }
}
