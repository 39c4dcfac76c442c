import { TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';
import { expect, it } from 'vitest';
import { BoundedExport, QUEUE_MAX } from '../../../src/telemetry/trace/bounded-export.ts';

it('spans beyond what may wait are dropped and counted, until some are sent', () => {
  const queued: ReadableSpan[] = [];
  const queue = { onStart: () => undefined, onEnd: (span: ReadableSpan) => queued.push(span) };
  const bounded = new BoundedExport(
    { export: (_, done) => done({ code: 0 }), shutdown: async () => undefined },
    () => undefined,
  );
  const processor = bounded.inFrontOf(queue as unknown as SpanProcessor);
  const span = { spanContext: () => ({ traceFlags: TraceFlags.SAMPLED }) } as unknown as ReadableSpan;

  for (let n = 0; n < QUEUE_MAX + 3; n += 1) processor.onEnd(span);
  expect(queued).toHaveLength(QUEUE_MAX);
  expect(bounded.counts()).toEqual({ exported: 0, failed: 0, dropped: 3 });

  bounded.exporter.export(queued.splice(0, 10), () => undefined);
  for (let n = 0; n < 11; n += 1) processor.onEnd(span);
  expect(bounded.counts()).toEqual({ exported: 10, failed: 0, dropped: 4 });
});

it('one failure after another is told of once, and the next after a success again', () => {
  const codes = [1, 1, 0, 1];
  const told: unknown[] = [];
  const error = new Error('down');
  const bounded = new BoundedExport(
    { export: (_, done) => done({ code: codes.shift() ?? 0, error }), shutdown: async () => undefined },
    (failure) => told.push(failure),
  );
  for (let n = 0; n < 4; n += 1) bounded.exporter.export([], () => undefined);
  expect(told).toEqual([error, error]);
});
