/** Deeper places share the signature of the place at this depth. */
const SEGMENTS_MAX = 32;
const SEGMENT_CHARS_MAX = 100;
/** An object with more members is a table by id rather than a record (as Diffy guesses it). */
const RECORD_MEMBERS_MAX = 50;

/** A place in a body during the walk. */
export class Place {
  readonly #parent: Place | null;
  readonly #key: string | number;
  readonly #dynamic: boolean;
  readonly #depth: number;
  #path: string | null = null;

  constructor(parent: Place | null, key: string | number, dynamic: boolean) {
    this.#parent = parent;
    this.#key = key;
    this.#dynamic = dynamic;
    this.#depth = parent === null ? 0 : parent.#depth + 1;
  }

  static root(): Place {
    return new Place(null, '', false);
  }

  element(index: number): Place {
    return new Place(this, index, true);
  }

  /** `twins`: the key is known to be an id. */
  member(key: string, siblings: number, twins: boolean): Place {
    return new Place(this, key, twins || isDynamic(key, siblings));
  }

  /** The index-free, id-free pointer: part of the signature. Kept, so that many differences under one parent stay cheap. */
  get path(): string {
    this.#path ??= this.#buildPath();
    return this.#path;
  }

  #buildPath(): string {
    if (this.#parent === null) return '';
    const path = this.#parent.path;
    if (this.#depth > SEGMENTS_MAX + 1) return path;
    if (this.#depth > SEGMENTS_MAX) return `${path}/**`;
    return `${path}/${this.#dynamic ? '*' : escapeSegment(String(this.#key))}`;
  }

  /** The pointer of this one place, its first `SEGMENTS_MAX` segments. */
  get at(): string {
    const segments: string[] = [];
    for (let place: Place = this; place.#parent !== null; place = place.#parent) {
      if (place.#depth <= SEGMENTS_MAX) segments.push(escapeSegment(String(place.#key).slice(0, SEGMENT_CHARS_MAX)));
    }
    return segments.length === 0 ? '' : `/${segments.reverse().join('/')}`;
  }
}

function escapeSegment(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** Whether a key looks made up by a program: such keys would give every call its own signature. */
export function isDynamic(key: string, siblings: number): boolean {
  if (siblings > RECORD_MEMBERS_MAX || key.length > SEGMENT_CHARS_MAX) return true;
  return /^\d/.test(key) || key.includes('@') || hasHexId(key);
}

/** Eight hex digits in a row, at least one of them a decimal digit: part of a uuid or of `agent_3f9c01ab`. */
function hasHexId(key: string): boolean {
  return (key.match(/[0-9a-fA-F]{8,}/g) ?? []).some((run) => /\d/.test(run));
}
