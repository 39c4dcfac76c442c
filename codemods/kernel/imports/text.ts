import type { Load } from '../bindings.ts';
import type { ImportPlan, Line, Wanted } from './plan.ts';

/** A statement of its own, in the form of `load`. */
export function lineText(load: Load, line: Line, plan: ImportPlan): string {
  const clause = clauseText(load, line, plan);
  const specifier = quoted(load, line.from);
  const end = load.statement.getText().endsWith(';') ? ';' : '';
  switch (load.kind) {
    case 'import':
      return `import ${clause} from ${specifier}${end}`;
    case 'require':
      return `${keyword(load)} ${clause} = require(${specifier})${end}`;
    case 'dynamic':
      return `${keyword(load)} ${clause} = await import(${specifier})${end}`;
  }
}

/** `const`, `let` or `var`. */
function keyword({ statement }: Load): string {
  return /^\w+/.exec(statement.getText())?.[0] ?? 'const';
}

export function clauseText(load: Load, line: Line, { isSpaced }: ImportPlan): string {
  const space = isSpaced ? ' ' : '';
  const list = `{${space}${namesText(load, line)}${space}}`;
  return load.kind === 'import' && isTypeOnly(line) ? `type ${list}` : list;
}

export function isTypeOnly({ wanted }: Line): boolean {
  return wanted.every(({ need }) => need.isType);
}

export function namesText(load: Load, line: Line): string {
  if (load.kind === 'import') return importNames(line.wanted, isTypeOnly(line) ? 'types' : 'mixed');
  return line.wanted.map(({ need, local }) => (need.name === local ? local : `${need.name}: ${local}`)).join(', ');
}

/** `mixed`: the clause is no `import type`, so types say themselves what they are. */
export function importNames(wanted: readonly Wanted[], clause: 'types' | 'mixed'): string {
  const text = ({ need, local }: Wanted) => {
    const name = need.name === local ? local : `${need.name} as ${local}`;
    return need.isType && clause === 'mixed' ? `type ${name}` : name;
  };
  return wanted.map(text).join(', ');
}

/** In the quotes of the specifier that stood there. */
export function quoted({ specifier }: Load, name: string): string {
  const quote = specifier.getText().charAt(0);
  return quote + name + quote;
}
