import { markdown } from './escape.ts';
import { milliseconds, moment, percent, ratio, whole } from './figures.ts';
import type { DifferenceReport, Figures, ReasonReport, Report } from './types.ts';
import { conservationLine, countsText, KINDS, outcomesTotal } from './words.ts';

const DIFFERENCES_SHOWN_MAX = 50;

/** A report for a pull request or a wiki. Everything that comes from services or clients is escaped. */
export function renderMarkdown(report: Report): string {
  const sections = [
    heading(report),
    operations(report),
    outcomes(report.totals),
    latency(report),
    differences(report),
    reasons('Not comparable', report.notComparable),
    reasons('Dropped', report.dropped),
    conservation(report),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function heading({ type, policy, sinceMs, atMs, totals }: Report): string {
  const lines = [
    `# Shadow report: ${markdown(type)}`,
    '',
    `Stage ${policy.stage}, revision ${policy.revision}, counted from ${moment(sinceMs)} to ${moment(atMs)}.`,
  ];
  if (policy.rolledBack !== null) {
    const { by, reason, atMs: when } = policy.rolledBack;
    lines.push('', `**Rolled back** by ${markdown(by)} at ${moment(when)}: ${markdown(reason)}`);
  }
  return [...lines, '', summary(totals)].join('\n');
}

function summary({ matchRate, compared, match, explained, mismatch, mismatchRateMax95 }: Figures): string {
  if (matchRate === null) return 'Nothing was compared yet.';
  const counts = `${whole(match)} equal, ${whole(explained)} explained, ${whole(mismatch)} mismatched`;
  return `**Match rate ${percent(matchRate)}** of ${whole(compared)} compared calls: ${counts}. With 95 % confidence at most ${percent(mismatchRateMax95)} mismatch.`;
}

function operations(report: Report): string {
  const rows = report.operations.map((one) => [
    markdown(one.operation),
    ...[one.calls, one.compared].map(whole),
    percent(one.matchRate),
    ...[one.mismatch, one.notComparable, one.dropped].map(whole),
  ]);
  const titles = ['operation', 'calls', 'compared', 'match rate', 'mismatched', 'not comparable', 'dropped'];
  return section('Operations', titles, 'lrrrrrr', rows);
}

function outcomes(totals: Figures): string {
  const rows = (['legacy', 'v2'] as const)
    .filter((side) => outcomesTotal(totals.outcomes[side]) > 0)
    .map((side) => {
      const { answers, statuses, failures } = totals.outcomes[side];
      return [side, whole(answers), countsText(statuses), markdown(countsText(failures))];
    });
  return section('Outcomes', ['side', 'answers', 'by status', 'failures'], 'lrll', rows);
}

function latency(report: Report): string {
  const rows = report.operations
    .filter(({ shape }) => shape !== null)
    .map((one) => [
      markdown(one.operation),
      ...(['legacy', 'v2'] as const).flatMap((side) => {
        const { p50Ms, p90Ms, p99Ms } = one.latency[side];
        return [p50Ms, p90Ms, p99Ms].map(milliseconds);
      }),
      ...[one.slowdown.p50, one.slowdown.p99].map(ratio),
    ]);
  const sides = ['legacy', 'v2'].flatMap((side) => ['p50', 'p90', 'p99'].map((quantile) => `${side} ${quantile}`));
  return section('Latency in milliseconds', ['operation', ...sides, 'v2/legacy p50', 'p99'], 'lrrrrrrrr', rows);
}

function differences(report: Report): string {
  const shown = report.differences.slice(0, DIFFERENCES_SHOWN_MAX);
  const titles = ['calls', 'share', 'operation', 'what', 'where', 'legacy', 'v2', 'explained by', 'id'];
  const text = section('Differences', titles, 'rrlllllll', shown.map(differenceRow));
  const notShown = report.differences.length - shown.length;
  const more = [
    ...(notShown > 0 ? [`${whole(notShown)} more kinds are in the JSON report.`] : []),
    ...(report.differencesOverflowed > 0
      ? [`${whole(report.differencesOverflowed)} differences of further kinds were only counted.`]
      : []),
  ];
  return [text, ...more].filter((part) => part !== '').join('\n\n');
}

function differenceRow(one: DifferenceReport): readonly string[] {
  const [sample] = one.samples;
  return [
    whole(one.count),
    percent(one.share),
    markdown(one.operation),
    KINDS[one.kind],
    code(one.path),
    code(sample?.legacy ?? ''),
    code(sample?.v2 ?? ''),
    markdown(one.explainedBy ?? ''),
    one.id,
  ];
}

/** As an element: inside a code span nothing could be escaped. */
function code(text: string): string {
  return text === '' ? '' : `<code>${markdown(text)}</code>`;
}

function reasons(title: string, all: readonly ReasonReport[]): string {
  return section(
    title,
    ['calls', 'reason', 'meaning'],
    'rll',
    all.map(({ count, reason, text }) => [whole(count), markdown(reason), markdown(text)]),
  );
}

function conservation({ conservation: law }: Report): string {
  return law.holds
    ? `${conservationLine(law)}.`
    : `**${conservationLine(law)}: this does not add up, a defect of Banyan.**`;
}

/** `aligns`: a letter a column, `l` or `r`. Empty without rows. */
function section(
  title: string,
  titles: readonly string[],
  aligns: string,
  rows: readonly (readonly string[])[],
): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rules = [...aligns].map((align) => (align === 'r' ? '--:' : ':--'));
  return [`## ${title}`, '', line(titles), line(rules), ...rows.map(line)].join('\n');
}
