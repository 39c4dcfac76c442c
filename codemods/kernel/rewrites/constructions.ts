/** `new X()` and `create_x()` become `legacyInterface('x', new OrchestratorV2({ ... }))`. */
import { ts } from 'ts-morph';
import type { Edit } from '../../contract.ts';
import type { LegacyModule } from '../module.ts';
import { INTERFACE, KERNEL, plugin } from '../needs.ts';
import type { Use } from '../uses.ts';
import { insert, replace, report, type Style, type Verdict } from './rewrite.ts';

type Construction = ts.NewExpression | ts.CallExpression;

export function rewriteConstruction(use: Use): Verdict {
  const construction = use.head.parent as Construction;
  if ((construction.arguments?.length ?? 0) > 0) return report('constructor-arguments');
  if (isUnusualForm(construction)) return report('unsure');
  const { module } = use.legacy;
  return {
    needs: [KERNEL, INTERFACE, ...module.construction.plugins.map(plugin)],
    edits: (style) => constructionEdits(use.head, construction, module, style),
  };
}

function isUnusualForm(construction: Construction): boolean {
  if (construction.typeArguments !== undefined) return true;
  if (ts.isCallExpression(construction)) return construction.questionDotToken !== undefined;
  // `new new X()()` would construct the call.
  return ts.isNewExpression(construction.parent) && construction.parent.expression === construction;
}

/** Edits around what is there, so that comments between the tokens stay where they are. */
function constructionEdits(head: ts.Node, construction: Construction, module: LegacyModule, style: Style): Edit[] {
  const open = `${style.local(INTERFACE)}(${style.quote}${module.type}${style.quote}, `;
  const kernel = style.local(KERNEL);
  const config = configText(module, style);
  const start = ts.isNewExpression(construction)
    ? [insert(construction.getStart(), open), replace(head, kernel)]
    : [replace(head, `${open}new ${kernel}`)];
  // The list of arguments begins right behind its parenthesis.
  const inside = construction.arguments?.pos;
  if (inside === undefined) return [...start, insert(construction.end, `(${config}))`)];
  return [...start, insert(inside, config), insert(construction.end, ')')];
}

function configText({ construction }: LegacyModule, style: Style): string {
  const entries = Object.entries(construction.config).map(([key, value]) => `${key}: ${literal(value, style)}`);
  const space = style.isSpaced && entries.length > 0 ? ' ' : '';
  const config = `{${space}${entries.join(', ')}${space}}`;
  const plugins = construction.plugins.map((name) => `${style.local(plugin(name))}()`);
  if (plugins.length > 0) return `${config}, [${plugins.join(', ')}]`;
  return entries.length > 0 ? config : '';
}

function literal(value: string | number | boolean, { quote }: Style): string {
  return typeof value === 'string' ? `${quote}${value}${quote}` : String(value);
}
