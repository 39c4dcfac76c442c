/**
 * `error instanceof XError` becomes a test of the name: an interface over a kernel throws errors that have the name of
 * the legacy class, and are no instances of it.
 */
import { ts } from 'ts-morph';
import { declares } from '../names.ts';
import type { Use } from '../uses.ts';
import { insert, replace, report, type Style, type Verdict } from './rewrite.ts';

export function rewriteErrorTest({ legacy, head }: Use): Verdict {
  const test = head.parent as ts.BinaryExpression;
  const tested = test.left;
  const isErrorHidden = declares(head.getSourceFile(), 'Error');
  if (!isRepeatable(tested) || isErrorHidden || ts.isExpressionStatement(test.parent)) return report('error-class');
  const caught = legacy.module.errors[legacy.name] ?? [];
  return {
    needs: [],
    edits: (style) => {
      const condition = `Error && ${nameTest(tested.getText(), caught, style)}`;
      const edit = replace(head, condition);
      return mayStandBare(test) ? [edit] : [insert(test.getStart(), '('), edit, insert(test.end, ')')];
    },
  };
}

function nameTest(tested: string, caught: readonly string[], { quote }: Style): string {
  const names = caught.map((name) => quote + name + quote);
  return names.length === 1 ? `${tested}.name === ${names[0]}` : `[${names.join(', ')}].includes(${tested}.name)`;
}

/** Whether reading it twice reads the same and does nothing else: `error`, `this.error`, `event.error`. */
function isRepeatable(node: ts.Expression): boolean {
  if (ts.isIdentifier(node) || node.kind === ts.SyntaxKind.ThisKeyword) return true;
  return ts.isPropertyAccessExpression(node) && !ts.isOptionalChain(node) && isRepeatable(node.expression);
}

/** Whether `a && b` may stand in the place of the test without parentheses. */
function mayStandBare(test: ts.BinaryExpression): boolean {
  const { parent } = test;
  if (ts.isBinaryExpression(parent)) return parent.operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken;
  if (ts.isConditionalExpression(parent)) return parent.condition === test;
  return (
    ts.isParenthesizedExpression(parent) ||
    ts.isIfStatement(parent) ||
    ts.isWhileStatement(parent) ||
    ts.isReturnStatement(parent) ||
    ts.isVariableDeclaration(parent) ||
    ts.isArrowFunction(parent)
  );
}
