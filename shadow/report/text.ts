import { visible } from './escape.ts';
import { bar, milliseconds, moment, percent, ratio, sparkline, whole } from './figures.ts';
import { type Cell, type Column, table } from './table.ts';
import type { DifferenceReport, Figures, ReasonReport, Report } from './types.ts';
import { shorten } from './width.ts';
import { conservationLine, countsText, KINDS, outcomesTotal } from './words.ts';

type Paint = (text: string) => string;

/** The colours of picocolors that reports use. */
export type Colours = {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
};

export type TextOptions = {
  readonly colours: Colours;
  /** Columns of the terminal. */
  readonly width: number;
};

const DIFFERENCES_SHOWN_MAX = 20;
const BAR_WIDTH = 20;
const INDENT = '  ';

/** A report for a terminal. Everything that comes from services or clients is escaped. */
export function renderText(report: Report, options: TextOptions): string {
  const sections = [
    heading(report, options),
    matchLines(report.totals, options),
    operationLines(report, options),
    outcomeLines(report.totals, options),
    latencyLines(report, options),
    differenceLines(report, options),
    reasonLines('not comparable', report.notComparable, options),
    reasonLines('dropped', report.dropped, options),
    conservationLines(report, options),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function heading({ type, policy, sinceMs, atMs }: Report, { colours }: TextOptions): readonly string[] {
  const share = policy.stage === 'ramp' ? ` at ${percent(policy.sharePpm / 1_000_000)}` : '';
  const lines = [
    colours.bold(visible(type)),
    `stage ${policy.stage}${share}, revision ${policy.revision}`,
    `counted from ${moment(sinceMs)} to ${moment(atMs)}`,
  ];
  if (policy.rolledBack !== null) {
    const { by, reason, atMs: when } = policy.rolledBack;
    lines.push(colours.red(`rolled back by ${visible(by)} at ${moment(when)}: ${visible(reason)}`));
  }
  return lines;
}

function matchLines(totals: Figures, { colours }: TextOptions): readonly string[] {
  const { matchRate, mismatchRateMax95, match, explained, mismatch, compared } = totals;
  if (matchRate === null) return [colours.yellow('Nothing was compared yet.')];
  const paint = rateColour(matchRate, colours);
  return [
    `match rate ${paint(`${bar(matchRate, BAR_WIDTH)} ${percent(matchRate)}`)} of ${whole(compared)} compared calls`,
    `${whole(match)} equal, ${whole(explained)} explained, ${whole(mismatch)} mismatched; with 95 % confidence at most ${percent(mismatchRateMax95)} mismatch`,
  ];
}

function rateColour(rate: number, colours: Colours): Paint {
  if (rate >= 0.999) return colours.green;
  return rate >= 0.99 ? colours.yellow : colours.red;
}

const OPERATION_COLUMNS: readonly Column[] = [
  { title: 'operation', align: 'left', shrinks: true },
  { title: 'calls', align: 'right' },
  { title: 'compared', align: 'right' },
  { title: 'match rate', align: 'right' },
  { title: 'mismatched', align: 'right' },
  { title: 'not comparable', align: 'right' },
  { title: 'dropped', align: 'right' },
];

function operationLines({ operations }: Report, { colours, width }: TextOptions): readonly string[] {
  if (operations.length === 0) return [];
  const rows = operations.map((one): readonly Cell[] => [
    visible(one.operation),
    whole(one.calls),
    whole(one.compared),
    { text: percent(one.matchRate), paint: one.matchRate === null ? colours.dim : rateColour(one.matchRate, colours) },
    whole(one.mismatch),
    whole(one.notComparable),
    whole(one.dropped),
  ]);
  return [
    colours.bold('operations'),
    ...table(OPERATION_COLUMNS, rows, { width, indent: INDENT, paintTitle: colours.dim }),
  ];
}

function outcomeLines({ outcomes }: Figures, { colours, width }: TextOptions): readonly string[] {
  const rows = (['legacy', 'v2'] as const)
    .filter((side) => outcomesTotal(outcomes[side]) > 0)
    .map((side): readonly Cell[] => {
      const { answers, statuses, failures } = outcomes[side];
      return [side, whole(answers), countsText(statuses), { text: countsText(failures), paint: colours.red }];
    });
  if (rows.length === 0) return [];
  return [
    colours.bold('outcomes'),
    ...table(OUTCOME_COLUMNS, rows, { width, indent: INDENT, paintTitle: colours.dim }),
  ];
}

const OUTCOME_COLUMNS: readonly Column[] = [
  { title: 'side', align: 'left' },
  { title: 'answers', align: 'right' },
  { title: 'by status', align: 'left', shrinks: true },
  { title: 'failures', align: 'left', shrinks: true },
];

const LATENCY_COLUMNS: readonly Column[] = [
  { title: 'operation', align: 'left', shrinks: true },
  { title: 'side', align: 'left' },
  { title: 'p50', align: 'right' },
  { title: 'p90', align: 'right' },
  { title: 'p99', align: 'right' },
  { title: 'first byte p50', align: 'right' },
  { title: 'quick … slow', align: 'left' },
];

function latencyLines({ operations, totals }: Report, { colours, width }: TextOptions): readonly string[] {
  if (totals.shape === null) return [];
  const all = operations.length === 1 ? [] : [{ operation: 'all', ...totals }];
  const rows = [...all, ...operations]
    .filter(({ shape }) => shape !== null)
    .flatMap((one) => latencyRows(one, colours));
  return [
    colours.bold('latency, milliseconds to the last byte'),
    ...table(LATENCY_COLUMNS, rows, { width, indent: INDENT, paintTitle: colours.dim }),
  ];
}

function latencyRows(one: Figures & { readonly operation: string }, colours: Colours): readonly (readonly Cell[])[] {
  const sides = (['legacy', 'v2'] as const).map((side): readonly Cell[] => {
    const { p50Ms, p90Ms, p99Ms } = one.latency[side];
    const name = side === 'legacy' ? visible(one.operation) : '';
    const shape = sparkline(one.shape?.counts[side] ?? []);
    return [name, side, ...[p50Ms, p90Ms, p99Ms, one.firstByte[side].p50Ms].map(milliseconds), shape];
  });
  const { p50, p90, p99 } = one.slowdown;
  if (p50 === null) return sides;
  const cell = (value: number | null): Cell => ({
    text: ratio(value),
    paint: (value ?? 0) > 1.25 ? colours.yellow : colours.dim,
  });
  return [...sides, ['', { text: 'v2/legacy', paint: colours.dim }, cell(p50), cell(p90), cell(p99)]];
}

const DIFFERENCE_COLUMNS: readonly Column[] = [
  { title: 'calls', align: 'right' },
  { title: 'share', align: 'right' },
  { title: 'operation', align: 'left', shrinks: true },
  { title: 'what', align: 'left' },
  { title: 'where', align: 'left', shrinks: true },
  { title: 'legacy', align: 'left', shrinks: true },
  { title: 'v2', align: 'left', shrinks: true },
  { title: 'id', align: 'left' },
];

function differenceLines(report: Report, { colours, width }: TextOptions): readonly string[] {
  const { differences, differencesOverflowed } = report;
  if (differences.length === 0) return [];
  const shown = differences.slice(0, DIFFERENCES_SHOWN_MAX);
  const rows = shown.map((one) => differenceRow(one, colours));
  const lines = table(DIFFERENCE_COLUMNS, rows, { width, indent: INDENT, paintTitle: colours.dim });
  const reasons = [...new Set(shown.flatMap(({ explainedBy }) => explainedBy ?? []))];
  return [
    colours.bold(
      `differences: ${whole(differences.filter(({ explainedBy }) => explainedBy === null).length)} unexplained kinds`,
    ),
    ...lines,
    ...reasons.map((reason) => colours.dim(shorten(`${INDENT}~ explained: ${visible(reason)}`, width))),
    ...moreLines(differences.length - shown.length, differencesOverflowed, colours),
  ];
}

function differenceRow(one: DifferenceReport, colours: Colours): readonly Cell[] {
  const [sample] = one.samples;
  const paint = one.explainedBy === null ? (text: string) => text : colours.dim;
  const what = `${one.explainedBy === null ? '' : '~ '}${KINDS[one.kind]}`;
  const texts = [
    whole(one.count),
    percent(one.share),
    one.operation,
    what,
    one.path,
    sample?.legacy ?? '',
    sample?.v2 ?? '',
    one.id,
  ];
  return texts.map((text) => ({ text: visible(text), paint }));
}

function moreLines(notShown: number, overflowed: number, colours: Colours): readonly string[] {
  const lines: string[] = [];
  if (notShown > 0) lines.push(colours.dim(`${INDENT}${whole(notShown)} more kinds: see --format json`));
  if (overflowed > 0)
    lines.push(colours.yellow(`${INDENT}${whole(overflowed)} differences of further kinds were only counted`));
  return lines;
}

function reasonLines(
  title: string,
  reasons: readonly ReasonReport[],
  { colours, width }: TextOptions,
): readonly string[] {
  if (reasons.length === 0) return [];
  const columns: readonly Column[] = [
    { title: 'calls', align: 'right' },
    { title: 'reason', align: 'left' },
    { title: '', align: 'left', shrinks: true },
  ];
  const rows = reasons.map(({ count, reason, text }) => [whole(count), visible(reason), visible(text)]);
  return [colours.bold(title), ...table(columns, rows, { width, indent: INDENT, paintTitle: colours.dim })];
}

function conservationLines({ conservation }: Report, { colours }: TextOptions): readonly string[] {
  const line = conservationLine(conservation);
  return [conservation.holds ? colours.dim(line) : colours.red(`${line}: this does not add up, a defect of Banyan`)];
}
