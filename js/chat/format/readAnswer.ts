import type { Context } from './context';
import { Trimmed } from './deltas';
import { Markers } from './markers';
import { readCall, readClose } from './readCall';
import type { Reading } from './source';
import type { Trigger } from './syntax';
import type { ChatFormat } from './types';

/** What a text in an answer's text means. */
type Mark =
  | { readonly kind: 'reasoning' | 'reasoning-end' | 'around' | 'end' }
  | { readonly kind: 'calls'; readonly trigger: Trigger };

/** Reads answers whose parts stand between markers. */
export class AnswerReader {
  private readonly marks: Mark[] = [];
  private readonly texts: string[] = [];
  private readonly markers: Markers;
  private readonly content: Trimmed;
  /** Something other than reasoning was said. */
  private answered = false;
  /** What ends an answer, if nothing follows. */
  private tail = '';

  constructor(
    private readonly context: Context,
    private readonly format: ChatFormat,
  ) {
    const { reasoning, content } = format;
    // What comes first counts where two are the same.
    for (const trigger of context.calls.triggers) this.mark(trigger.text, { kind: 'calls', trigger });
    if (reasoning) {
      this.mark(reasoning.start.trim(), { kind: 'reasoning' });
      this.mark(reasoning.end.trim(), { kind: 'reasoning-end' });
    }
    for (const text of content ? [content.start, content.end, ...(content.around ?? [])] : []) {
      this.mark(text.trim(), { kind: 'around' });
    }
    for (const text of format.ends) this.mark(text, { kind: 'end' });
    this.markers = new Markers(this.texts);
    this.content = new Trimmed((text) => {
      this.answered = true;
      context.deltas.text('content', text);
    });
  }

  /** Text of the answer. What looked like its end before it was none. */
  private readonly add = (text: string): void => {
    if (this.tail && text.trim()) this.addTail();
    this.content.add(text);
  };

  private addTail(): void {
    const { tail } = this;
    this.tail = '';
    this.content.flush();
    this.content.add(tail);
  }

  private mark(text: string, mark: Mark): void {
    if (!text || this.texts.includes(text)) return;
    this.texts.push(text);
    this.marks.push(mark);
  }

  *read(insideReasoning: boolean): Reading<void> {
    if (insideReasoning) yield* this.readReasoning();
    if (this.context.calls.syntax.bare) yield* this.readBare();
    for (;;) {
      const found = yield* this.markers.until(this.context.source, this.add);
      if (found < 0) break;
      yield* this.follow(this.marks[found]!, this.texts[found]!);
    }
    if (!/^\s/.test(this.format.takes.after)) this.content.flush();
  }

  private *follow(mark: Mark, text: string): Reading<void> {
    if (mark.kind === 'end') {
      this.tail += text;
      return;
    }
    if (this.tail) this.addTail();
    if (mark.kind === 'calls') {
      yield* this.readCalls(mark.trigger);
    } else if (mark.kind === 'around') {
      this.content.restart();
    } else if (this.answered) {
      // Reasoning comes first; later such a text is only spoken of.
      this.content.flush();
      this.add(text);
    } else if (mark.kind === 'reasoning') {
      yield* this.readReasoning();
    }
  }

  private *readReasoning(): Reading<void> {
    const { source, deltas } = this.context;
    const { end, endedBy = [] } = this.format.reasoning!;
    const ends = new Markers([end.trim(), ...endedBy]);
    const text = new Trimmed((piece) => deltas.text('reasoning', piece));
    const found = yield* ends.until(source, text.add);
    if (found < 0) text.flush();
    if (found > 0) source.unread(ends.texts[found]!);
    this.content.restart();
  }

  /** Reads calls whose first text has been read. What turns out to be none is text. */
  private *readCalls(trigger: Trigger): Reading<void> {
    const { context } = this;
    const { source } = context;
    const before = context.deltas.started;
    source.startRecord(trigger.text);
    yield* this.callsFrom(trigger);
    const rest = source.stopRecord();
    if (context.deltas.started > before) {
      this.content.restart();
      // After calls the model may think again.
      this.answered = false;
    } else {
      this.content.flush();
    }
    this.add(rest);
  }

  private *callsFrom({ enters, steps: read }: Trigger): Reading<void> {
    const { context } = this;
    const { source, calls } = context;
    const { section, separator, open } = calls;
    const firstText = open[0];
    if (enters === 'section' && section) {
      for (const step of section.open.slice(read)) {
        yield* source.space();
        if ('text' in step && !(yield* source.accept(step.text))) return;
      }
      if (yield* this.closed()) return;
    } else if (enters === 'bare' && section) {
      yield* readClose(context, section.open);
    }
    let stepsRead = enters === 'call' ? read : 0;
    for (;;) {
      yield* source.space();
      if (!(yield* readCall(context, stepsRead))) return;
      if (!section && !separator) return;
      yield* source.space();
      if (section && (yield* this.closed())) return;
      if (separator) {
        if (!(yield* source.accept(separator))) return;
        stepsRead = 0;
      } else if (firstText && 'text' in firstText) {
        if (!(yield* source.accept(firstText.text))) return;
        stepsRead = 1;
      }
    }
  }

  /** Whether the section's end comes, which is then read. */
  private *closed(): Reading<boolean> {
    const { context } = this;
    const { source, calls } = context;
    const [first] = calls.section!.close;
    yield* source.space();
    if (!first) return false;
    if (!(yield* readClose(context, calls.section!.close))) return false;
    // What was recorded of the end says nothing.
    source.startRecord();
    return true;
  }

  /** An answer that begins like a call that nothing marks. */
  private *readBare(): Reading<void> {
    const { source, calls } = this.context;
    const space = yield* source.space();
    const opening = calls.section?.open[0];
    const first = opening && 'text' in opening ? opening.text : '{';
    if ((yield* source.peek()) !== first.charCodeAt(0)) {
      source.unread(space);
      return;
    }
    yield* this.readCalls({ text: '', enters: 'bare', steps: 0 });
  }
}
