import type pc from 'picocolors';

/** What the demo promised, and whether it held. */
export class Expectations {
  readonly #broken: string[] = [];
  readonly #colours: ReturnType<typeof pc.createColors>;

  constructor(colours: ReturnType<typeof pc.createColors>) {
    this.#colours = colours;
  }

  /** Prints a line with a tick or a cross, and remembers the crosses. */
  that(held: boolean, text: string): void {
    if (!held) this.#broken.push(text);
    console.log(`  ${held ? this.#colours.green('✓') : this.#colours.red('✗')} ${text}`);
  }

  get broken(): readonly string[] {
    return this.#broken;
  }
}
