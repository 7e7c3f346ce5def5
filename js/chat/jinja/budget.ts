import { RealmError } from '../../portable/errors';

/** Characters of a template. The longest that a model ships has 20,000; the tree of this many tags still fits the memory below. */
export const MAX_TEMPLATE_LENGTH = 1 << 18;
/** How deep brackets and blocks nest in a template's text: the parser is recursive. */
export const MAX_NESTING = 100;
/** How many links `a.b.c(...)|filter` has. */
export const MAX_LINKS = 500;
/** Nodes evaluated, and one more for each 16 characters or elements that an operation touches. */
export const MAX_STEPS = 10_000_000;
/** How deep evaluation nests: a macro that calls itself costs about ten levels a call. */
export const MAX_DEPTH = 600;
/** Characters written, those of macros and blocks that are captured included. */
export const MAX_OUTPUT = 1 << 22;
/** Bytes of everything made while rendering, whether it is still alive or not. */
export const MAX_MEMORY = 32 << 20;
/** Characters of one string and elements of one list. */
export const MAX_LENGTH = 1 << 21;
export const MAX_MILLISECONDS = 500;
/** The longest `range`, as in Jinja's sandbox. */
export const MAX_RANGE = 100_000;
/** How deep lists and objects of a conversation or of a template's JSON nest. */
export const MAX_DATA_DEPTH = 200;

/** What a character of input may cost in output and in memory besides, so that a long conversation is not refused for its length. */
const OUTPUT_PER_INPUT = 8;
const MEMORY_PER_INPUT = 64;
const STEPS_PER_INPUT = 4;
const MILLISECONDS_PER_INPUT = 1 / 1000;

const BYTES_PER_CHARACTER = 2;
const BYTES_PER_STRING = 40;
const BYTES_PER_ELEMENT = 16;
const BYTES_PER_SPAN = 8;
const WORK_PER_STEP = 16;
const STEPS_PER_CLOCK = 2048;
/** Steps that are taken whatever the clock says: on a machine that is busy with other things, nothing ordinary is refused. */
const STEPS_BEFORE_CLOCK = 200_000;

export function overLimit(what: string): RealmError {
  return new RealmError('E_LIMIT', `the chat template ${what}`);
}

/**
 * What a rendering may use. A template comes with a model's file, thus from a stranger: each of its operations asks here first,
 * before it allocates.
 */
export class Budget {
  #steps = 0;
  #depth = 0;
  #memory = 0;
  #output = 0;
  #nextClock = STEPS_BEFORE_CLOCK;
  #milliseconds = MAX_MILLISECONDS;
  #maxSteps = MAX_STEPS;
  #maxMemory = MAX_MEMORY;
  #maxOutput = MAX_OUTPUT;
  #maxLength = MAX_LENGTH;
  readonly #began = Date.now();

  /** `mostSteps`: exactly so many, however long the conversation is; for a trial. */
  constructor(readonly mostSteps?: number) {
    if (mostSteps !== undefined) this.#maxSteps = this.#nextClock = mostSteps;
  }

  /** The conversation has this many characters: room for them. */
  input(characters: number): void {
    if (this.mostSteps === undefined) this.#maxSteps += characters * STEPS_PER_INPUT;
    this.#milliseconds += characters * MILLISECONDS_PER_INPUT;
    this.#maxMemory += characters * MEMORY_PER_INPUT;
    this.#maxOutput += characters * OUTPUT_PER_INPUT;
    this.#maxLength += characters * OUTPUT_PER_INPUT;
  }

  step(count = 1): void {
    this.#steps += count;
    if (this.#steps < this.#nextClock) return;
    if (this.#steps > this.#maxSteps) throw overLimit(`takes more than ${this.#maxSteps} steps`);
    this.#nextClock = this.#steps + STEPS_PER_CLOCK;
    if (Date.now() - this.#began > this.#milliseconds) {
      throw overLimit(`takes longer than ${Math.floor(this.#milliseconds)} ms`);
    }
  }

  /** An operation looks at this many characters or elements. */
  work(count: number): void {
    this.step(Math.ceil(count / WORK_PER_STEP));
  }

  /** A string of this many characters is about to be made. */
  text(characters: number): void {
    if (!(characters <= this.#maxLength)) throw overLimit(`makes a string of more than ${this.#maxLength} characters`);
    this.#allocate(characters * BYTES_PER_CHARACTER + BYTES_PER_STRING);
    this.work(characters);
  }

  /** `left + right`, which shares the longer one: only the shorter one is paid, and where they are from. */
  joined(left: number, right: number, spans: number): void {
    if (left + right > this.#maxLength) throw overLimit(`makes a string of more than ${this.#maxLength} characters`);
    const shorter = Math.min(left, right);
    this.#allocate(shorter * BYTES_PER_CHARACTER + BYTES_PER_ELEMENT + spans * BYTES_PER_SPAN);
    this.work(shorter + spans);
  }

  /** A list of this many elements is about to be made. */
  list(elements: number): void {
    if (!(elements <= this.#maxLength)) throw overLimit(`makes a list of more than ${this.#maxLength} elements`);
    this.#allocate(elements * BYTES_PER_ELEMENT);
    this.work(elements);
  }

  write(characters: number): void {
    this.#output += characters;
    if (this.#output > this.#maxOutput) throw overLimit(`writes more than ${this.#maxOutput} characters`);
    this.#allocate(characters * BYTES_PER_CHARACTER);
  }

  enter(): void {
    if (++this.#depth > MAX_DEPTH) throw overLimit(`nests deeper than ${MAX_DEPTH} levels`);
  }

  leave(): void {
    this.#depth--;
  }

  #allocate(bytes: number): void {
    this.#memory += bytes;
    if (this.#memory > this.#maxMemory) throw overLimit(`takes more than ${this.#maxMemory} bytes of memory`);
  }
}
