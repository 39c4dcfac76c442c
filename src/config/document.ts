import { type Document, parseAllDocuments, type YAMLError } from 'yaml';
import { type Position, positionsIn } from './lines.ts';
import { plainValue, type Refused } from './plain.ts';
import { offsetsOf } from './positions.ts';
import { type Objection, type Path, quote } from './problems.ts';

/** A YAML (or JSON) text, read. */
export type ConfigDocument = {
  /** Plain values, see `plainValue`; `undefined` when the text is too broken to say. */
  readonly value: unknown;
  readonly problems: readonly (Position & { readonly path: Path; readonly message: string })[];
  /** Where a key or value stands; for something missing, where its nearest parent's key stands. */
  readonly positionOf: (path: Path, part: Objection['part']) => Position;
};

/** Reads YAML 1.2 with its core schema (`no` is a text); one document, no tags, no duplicate keys. */
export function readDocument(source: string): ConfigDocument {
  const text = source.replace(/^\ufeff/, '');
  // The parser's own search for duplicate keys compares all pairs; `plainValue` finds them by name.
  const parsed = parseAllDocuments(text, { uniqueKeys: false, prettyErrors: false });
  const documents = 'empty' in parsed ? [] : parsed;
  const positionAt = positionsIn(text);
  const placed = ({ offset, path, message }: Refused) => ({ ...positionAt(offset), path, message });

  const broken = [...controlCharacters(text), ...documents.flatMap(syntaxProblems), ...countProblems(documents)];
  const [document] = documents;
  if (document === undefined || broken.length > 0)
    return { value: undefined, problems: broken.map(placed), positionOf: () => positionAt(0) };

  const { value, refused } = plainValue(document);
  const offsetOf = offsetsOf(document);
  return { value, problems: refused.map(placed), positionOf: (path, part) => positionAt(offsetOf(path, part)) };
}

/** YAML 1.2 §5.1 allows no control characters but tab and line ends; the parser lets them through. */
function controlCharacters(text: string): readonly Refused[] {
  const offset = text.search(/(?![\t\n\r\x85])\p{Cc}/u);
  if (offset === -1) return [];
  return [{ offset, path: [], message: `expected text, got the control character ${quote(text.charAt(offset))}` }];
}

function countProblems(documents: readonly Document.Parsed[]): readonly Refused[] {
  const [first, second] = documents;
  if (first === undefined || (first.contents === null && documents.length === 1))
    return [{ offset: 0, path: [], message: 'expected a mapping with at least the key "types", got an empty file' }];
  if (second === undefined) return [];
  return [
    { offset: second.range?.[0] ?? 0, path: [], message: 'expected one YAML document, got a second one after "---"' },
  ];
}

function syntaxProblems(document: Document.Parsed): readonly Refused[] {
  const problems = [...document.errors, ...document.warnings].filter((error) => error.code !== 'TAG_RESOLVE_FAILED');
  const refused = problems.map((error) => ({ offset: error.pos[0], path: [], message: syntaxMessage(error) }));
  const { explicit, version } = document.directives.yaml;
  if (explicit === true && version !== '1.2')
    refused.push({ offset: 0, path: [], message: `expected YAML 1.2, got the directive "%YAML ${version}"` });
  return refused;
}

function syntaxMessage(error: YAMLError): string {
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return 'expected spaces as indentation, got a tab';
    case 'BLOCK_AS_IMPLICIT_KEY':
      return 'expected one "key: value" here, got a second ": "; put a text that contains ": " in quotes';
    case 'BAD_DIRECTIVE':
      return 'expected no directive but "%YAML 1.2", got another one';
    case 'RESOURCE_EXHAUSTION':
      return 'expected a few levels of nesting, got more than can be read';
    default:
      // What follows is a piece of the file, and may be one of a secret.
      return `expected valid YAML, got an error: ${error.message.replace(/(?:: | \\).*$/s, '')}`;
  }
}
