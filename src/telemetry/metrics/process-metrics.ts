import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { MetricPoints } from './snapshot.ts';

const LOOP_RESOLUTION_MS = 20;

/**
 * What the process uses. The event loop is watched from the first look on, because watching wakes the process; what
 * is told of it is since the look before.
 */
export class ProcessMetrics {
  #delay: ReturnType<typeof monitorEventLoopDelay> | null = null;
  #utilization = performance.eventLoopUtilization();

  points(): readonly MetricPoints[] {
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed } = process.memoryUsage();
    return [
      {
        name: 'process.cpu.time',
        points: [
          { labels: ['user'], value: user / 1e6 },
          { labels: ['system'], value: system / 1e6 },
        ],
      },
      { name: 'process.memory.usage', points: [{ labels: [], value: rss }] },
      { name: 'process.uptime', points: [{ labels: [], value: process.uptime() }] },
      { name: 'v8js.memory.heap.used', points: [{ labels: [], value: heapUsed }] },
      ...this.#loop(),
    ];
  }

  #loop(): readonly MetricPoints[] {
    const before = this.#utilization;
    this.#utilization = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(this.#utilization, before);
    const points: MetricPoints[] = [
      { name: 'nodejs.eventloop.utilization', points: [{ labels: [], value: utilization }] },
    ];
    if (this.#delay === null) {
      this.#delay = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
      this.#delay.enable();
    } else if (this.#delay.count > 0) {
      // It measures the whole interval between two wakings.
      const lateMs = Math.max(0, this.#delay.percentile(99) / 1e6 - LOOP_RESOLUTION_MS);
      points.push({ name: 'nodejs.eventloop.delay.p99', points: [{ labels: [], value: lateMs / 1000 }] });
      this.#delay.reset();
    }
    return points;
  }

  stop(): void {
    this.#delay?.disable();
    this.#delay = null;
  }
}
