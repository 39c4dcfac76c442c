import { SimpleOrchestrator } from '@hive/core/simple_orchestrator';
import { Inject, Injectable, Optional } from '@nestjs/common';

@Injectable()
export class Desk {
  @Inject() readonly field!: SimpleOrchestrator;

  constructor(
    private readonly orchestrator: SimpleOrchestrator,
    @Optional() @Inject(SimpleOrchestrator) readonly other: SimpleOrchestrator,
  ) {}

  status() {
    return [this.orchestrator, this.other].map((one: SimpleOrchestrator) => one.get_system_status());
  }
}
