/// <reference types="@hive/core/simple_orchestrator" />
export {};
