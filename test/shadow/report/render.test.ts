import fc from 'fast-check';
import pc from 'picocolors';
import { describe, expect, test } from 'vitest';
import { renderMarkdown, renderText } from '../../../shadow/report/index.ts';
import { displayWidth } from '../../../shadow/report/width.ts';
import { compared, difference, ledgerAt } from '../ledger/records.ts';
import { busyLedger, PLAIN, reportOf } from './reports.ts';

const HOSTILE = '\u001b[2J|`x`\u202e<b>&*_[a](javascript:1)\n# h\u0000\u009b31m\ud800 www.x.org http://x.org @team \\|';

/** Control, invisible and direction-changing characters other than the end of a line. */
const UNSAFE = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
const COLOURS = new RegExp(`${String.fromCharCode(27)}\\[(?:1|2|22|31|32|33|39)m`, 'g');

/** Every text that a service, a client or an operator can choose. */
function hostileReport(text: string) {
  const { ledger } = ledgerAt();
  compared(
    ledger,
    text,
    difference({ path: `/${text}`, at: `/${text}`, primary: JSON.stringify(text), candidate: text, explainedBy: text }),
  );
  return reportOf(ledger, { type: text, rolledBack: { by: text, reason: text, atMs: 0 } });
}

describe('the text report', () => {
  const lines = renderText(reportOf(busyLedger()), { colours: PLAIN, width: 100 }).split('\n');
  const lineOf = (start: string) => lines.find((line) => line.trimStart().startsWith(start)) ?? '';

  test('opens with the match rate and what it rests on', () => {
    expect(lines.slice(0, 6)).toEqual([
      'billing',
      'stage shadow, revision 2',
      'counted from 1970-01-01 00:00:01 UTC to 1970-01-01 00:00:02 UTC',
      '',
      'match rate ███████████████████▏ 96.00 % of 100 compared calls',
      '90 equal, 6 explained, 4 mismatched; with 95 % confidence at most 8.61 % mismatch',
    ]);
  });

  test('has a line for every operation, side, difference, reason, and the law', () => {
    expect(lineOf('get ').split(/\s+/).slice(1)).toEqual(['get', '100', '100', '96.00', '%', '4', '0', '0']);
    expect(lineOf('v2 ')).toMatch(/^ {2}v2 +99 {2}2xx 99 +refused 1$/);
    expect(lineOf('v2/legacy')).toMatch(/1\.7\d×/);
    expect(lineOf('4 ')).toMatch(
      /^ +4 {2}4\.00 % {2}get +other value +\/items\/\*\/state +"idle" +"busy" +[0-9a-f]{8}$/,
    );
    expect(lineOf('6 ')).toContain('~ missing in v2');
    expect(lineOf('~ explained')).toBe('  ~ explained: V2 keeps none');
    expect(lineOf('5 ')).toMatch(/no_twin +the call names an entity/);
    expect(lines.at(-2)).toBe('110 eligible = 100 compared + 5 not comparable + 3 dropped + 2 in flight');
  });

  test('says so when nothing was compared, and when calls do not add up', () => {
    const { ledger } = ledgerAt();
    expect(renderText(reportOf(ledger), { colours: PLAIN, width: 80 })).toContain('Nothing was compared yet.');
    const report = reportOf(ledger);
    const broken = { ...report, conservation: { ...report.conservation, inFlight: -1, holds: false } };
    expect(renderText(broken, { colours: PLAIN, width: 80 })).toContain('-1 in flight: this does not add up');
    expect(renderMarkdown(broken)).toContain('this does not add up');
  });

  test('columns stay aligned when cells hold wide characters', () => {
    const { ledger } = ledgerAt();
    compared(
      ledger,
      'get',
      difference({ path: '/a', at: '/a', primary: '"日本語"' }),
      difference({ path: '/b', at: '/b', primary: '"x"' }),
    );
    const rows = renderText(reportOf(ledger), { colours: PLAIN, width: 100 })
      .split('\n')
      .filter((line) => line.includes('other value'));
    expect(rows).toHaveLength(2);
    // Three characters that take two columns each: the row is three characters shorter up to the next column.
    const [wide = 0, narrow = 0] = rows.map((line) => line.indexOf('"busy"'));
    expect(narrow - wide).toBe(3);
  });

  test('keeps within the width', () => {
    const { ledger } = ledgerAt();
    compared(
      ledger,
      'an_operation_with_a_long_name',
      difference({ path: '/a/very/long/path/that/never/ends', primary: `"${'x'.repeat(100)}"` }),
    );
    for (const width of [80, 100, 140]) {
      const long = renderText(reportOf(ledger), { colours: PLAIN, width })
        .split('\n')
        .filter((line) => displayWidth(line) > width);
      expect(long).toEqual([]);
    }
  });

  test('has no escape sequences without colours, and only those of its colours with them', () => {
    const report = hostileReport(HOSTILE);
    expect(renderText(report, { colours: PLAIN, width: 120 })).not.toMatch(UNSAFE);
    const coloured = renderText(report, { colours: pc.createColors(true), width: 120 });
    expect(coloured).toMatch(COLOURS);
    expect(coloured.replace(COLOURS, '')).not.toMatch(UNSAFE);
    expect(coloured).toContain('\\u001b[2J');
  });
});

describe('the Markdown report', () => {
  const markdown = renderMarkdown(reportOf(busyLedger()));

  test('has the figures in tables', () => {
    expect(markdown).toContain('# Shadow report: billing\n');
    expect(markdown).toContain('**Match rate 96.00 %** of 100 compared calls');
    expect(markdown).toContain('| get | 100 | 100 | 96.00 % | 4 | 0 | 0 |');
    expect(markdown).toMatch(
      /\| 4 \| 4\.00 % \| get \| other value \| <code>\/items\/\\\*\/state<\/code> \| <code>"idle"<\/code> \| <code>"busy"<\/code> \| {2}\| [0-9a-f]{8} \|/,
    );
    expect(markdown).toContain('| 5 | no\\_twin | the call names an entity that the candidate does not have |');
  });

  test('every row has as many cells as its title, whatever the texts hold', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.constant(HOSTILE),
          fc.string({ unit: 'binary' }),
          fc.string({ unit: fc.constantFrom(...'\\|`\n<&[]() a:/') }),
        ),
        (text) => {
          for (const block of renderMarkdown(hostileReport(text)).split('\n\n')) {
            const rows = block.split('\n').filter((line) => line.startsWith('|'));
            expect(new Set(rows.map(cells)).size).toBeLessThanOrEqual(1);
          }
        },
      ),
      { numRuns: 500, seed: 51 },
    );
  });

  test('no text becomes HTML, a link or a mention', () => {
    const unescaped = renderMarkdown(hostileReport(HOSTILE))
      .replace(/<\/?code>/g, '')
      .replace(/\\./g, '');
    expect(unescaped).not.toMatch(/[<[\]`@]|:\/\/|www\.x/);
  });
});

test('any text can be rendered', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const report = hostileReport(text);
      expect(renderText(report, { colours: PLAIN, width: 100 })).not.toMatch(UNSAFE);
      expect(renderMarkdown(report)).not.toMatch(UNSAFE);
    }),
    { numRuns: 300, seed: 52 },
  );
});

/** Cells of a row as GFM cuts it: at every pipe that no backslash escapes. */
function cells(row: string): number {
  return row.replace(/\\./g, '').split('|').length;
}
