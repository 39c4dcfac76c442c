/** Deeper places share the signature of the place at this depth. */
const SEGMENTS_MAX = 32;
const SEGMENT_CHARS_MAX = 100;
/** An object with more members is a table by id rather than a record (Diffy's heuristic). */
const RECORD_MEMBERS_MAX = 50;

/** A place in a body during the walk. */
export class Place {
  /** Shared by all places that differ in indexes and ids only. */
  readonly signature: PathSignature;
  readonly #parent: Place | null;
  readonly #key: string | number;

  private constructor(parent: Place | null, key: string | number, signature: PathSignature) {
    this.#parent = parent;
    this.#key = key;
    this.signature = signature;
  }

  static root(): Place {
    return new Place(null, '', new PathSignature('', 0));
  }

  element(index: number): Place {
    return new Place(this, index, this.signature.any());
  }

  /** `isId`: the key is known to be an id. */
  member(key: string, siblings: number, isId: boolean): Place {
    const isDynamic = isId || siblings > RECORD_MEMBERS_MAX;
    return new Place(this, key, isDynamic ? this.signature.any() : this.signature.member(key));
  }

  /** The pointer of this one place, its first `SEGMENTS_MAX` segments. */
  get at(): string {
    const keys: string[] = [];
    for (let place: Place = this; place.#parent !== null; place = place.#parent) keys.push(String(place.#key));
    return keys
      .reverse()
      .slice(0, SEGMENTS_MAX)
      .map((key) => `/${escapeSegment(key.slice(0, SEGMENT_CHARS_MAX))}`)
      .join('');
  }
}

/** A pointer without indexes and ids. One object per path, so that 100,000 differences at one path build it once. */
export class PathSignature {
  readonly path: string;
  readonly #depth: number;
  readonly #members = new Map<string, PathSignature>();
  #any: PathSignature | null = null;

  constructor(path: string, depth: number) {
    this.path = path;
    this.#depth = depth;
  }

  any(): PathSignature {
    this.#any ??= this.#below('*');
    return this.#any;
  }

  member(key: string): PathSignature {
    const known = this.#members.get(key);
    if (known !== undefined) return known;
    if (isDynamic(key)) return this.any();
    const made = this.#below(escapeSegment(key));
    this.#members.set(key, made);
    return made;
  }

  #below(segment: string): PathSignature {
    if (this.#depth > SEGMENTS_MAX) return this;
    return new PathSignature(`${this.path}/${this.#depth === SEGMENTS_MAX ? '**' : segment}`, this.#depth + 1);
  }
}

function escapeSegment(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** Whether a key looks made up by a program: such keys would give every call its own signature. */
function isDynamic(key: string): boolean {
  return key.length > SEGMENT_CHARS_MAX || /^\d/.test(key) || key.includes('@') || hasHexId(key);
}

/** Eight hex digits in a row, at least one of them a decimal digit: part of a uuid or of `agent_3f9c01ab`. */
function hasHexId(key: string): boolean {
  return (key.match(/[0-9a-fA-F]{8,}/g) ?? []).some((run) => /\d/.test(run));
}
