/** Cuts a stream of text into lines of at most `max` characters. */
export class LineCutter {
  readonly #max: number;
  #rest = '';

  constructor(max: number) {
    this.#max = max;
  }

  /** The lines that a chunk completes. `null`: one is too long, and the stream cannot be trusted any more. */
  cut(chunk: string): readonly string[] | null {
    const lines = chunk.split('\n');
    lines[0] = this.#rest + lines[0];
    this.#rest = lines.pop() as string;
    const isTooLong = this.#rest.length > this.#max || lines.some((line) => line.length > this.#max);
    return isTooLong ? null : lines;
  }
}

/** The last `max` characters of a stream, for error messages. */
export class Tail {
  readonly #max: number;
  #text = '';

  constructor(max: number) {
    this.#max = max;
  }

  add(chunk: string): void {
    this.#text = (this.#text + chunk).slice(-this.#max);
  }

  get text(): string {
    return this.#text.trim();
  }
}
