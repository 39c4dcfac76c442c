export { renderMarkdown } from './markdown.ts';
export { buildReport } from './report.ts';
export { type Colours, renderText, type TextOptions } from './text.ts';
export type { DifferenceReport, Figures, OperationReport, Report } from './types.ts';
