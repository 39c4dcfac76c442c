const lineCharsMax = 2_000;
const linesPerSecondMax = 50;

/** Cuts what a plugin prints into lines, and drops what is too much of it; the loss is told as a line too. */
export function printedLines(tell: (line: string) => void, nowMs: () => number): (chunk: Buffer | string) => void {
  let rest = '';
  let second = 0;
  let told = 0;
  let dropped = 0;
  const line = (text: string): void => {
    const now = Math.floor(nowMs() / 1_000);
    if (now !== second) {
      if (dropped > 0) tell(`(${dropped} lines dropped: more than ${linesPerSecondMax} a second)`);
      [second, told, dropped] = [now, 0, 0];
    }
    if (told++ < linesPerSecondMax) tell(text);
    else dropped++;
  };
  return (chunk) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) line(text.slice(0, lineCharsMax));
    if (rest.length <= lineCharsMax) return;
    line(rest.slice(0, lineCharsMax));
    rest = '';
  };
}
