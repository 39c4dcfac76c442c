/**
 * What the legacy orchestrators' callers ask of what became these five plugins, by the capability that serves it now:
 * found by reading all of their public methods. docs/plugins/ says the same to people; a test compares the two.
 */
export const LEGACY_METHODS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  automation: {
    agentHealth: ['orchestrator_load_balancing_integration.get_agent_health_status'],
    circuitStatus: ['orchestrator.get_circuit_breaker_status'],
    cleanup: ['orchestrator_shared_state_integration.cleanup_old_tasks'],
    cleanupFailed: ['container_orchestrator.cleanup_failed_agents'],
    emitEvent: ['automated_orchestrator.emit_event'],
    handleAgentFailure: [
      'advanced_orchestration_engine.handle_agent_failure',
      'orchestration.universal_orchestrator.handle_agent_failure',
    ],
    reassign: ['orchestration.universal_orchestrator.reassign_failed_tasks'],
    recover: ['automated_orchestrator.trigger_recovery'],
    schedule: ['automated_orchestrator.schedule_proactive_operation'],
  },
  development: {
    runScenario: ['development_orchestrator.run_test_scenario'],
    sandboxStatus: ['sandbox_orchestrator.get_session_status'],
    simulateFailure: ['development_orchestrator.simulate_failure'],
    traces: ['development_orchestrator.get_debug_traces'],
  },
  performance: {
    emitMetric: ['orchestrator_hook_integration.generate_performance_metrics_hook'],
    hookMetrics: ['orchestrator_hook_integration.get_metrics'],
    loadTest: ['orchestrator_load_testing.run_full_load_test'],
    metrics: [
      'intelligent_orchestrator.get_performance_metrics',
      'master_orchestrator.get_performance_metrics',
      'orchestration.universal_orchestrator.get_performance_metrics',
      'orchestrator_shared_state_integration.get_performance_metrics',
      'simple_orchestrator_adapter.get_metrics',
    ],
    monitor: ['performance_orchestrator.run_continuous_monitoring'],
    optimize: ['master_orchestrator.optimize_performance'],
    recommendations: ['orchestration.universal_orchestrator.generate_optimization_recommendations'],
    routingAnalytics: ['orchestrator.get_routing_analytics'],
    runBenchmarks: [
      'master_orchestrator.benchmark_operations',
      'performance_orchestrator.run_comprehensive_testing',
      'performance_orchestrator_integration.run_comprehensive_benchmark',
    ],
    runRegression: ['performance_orchestrator.run_regression_testing'],
    runStatus: ['performance_orchestrator.get_orchestration_status'],
    subscribe: ['performance_orchestrator_integration.add_performance_callback'],
    summary: ['performance_orchestrator_integration.get_comprehensive_performance_summary'],
    taskSummary: ['performance_orchestrator_integration.get_task_performance_summary'],
    track: ['performance_orchestrator_integration.track_task_execution'],
    unsubscribe: ['performance_orchestrator_integration.remove_performance_callback'],
  },
  production: {
    acknowledgeAlert: ['unified_production_orchestrator.acknowledge_alert'],
    addAlertRule: ['unified_production_orchestrator.add_alert_rule'],
    alerts: ['master_orchestrator.get_production_alerts', 'unified_production_orchestrator.get_active_alerts'],
    evaluateAlerts: ['unified_production_orchestrator.evaluate_alert_rules'],
    evaluateScaling: ['master_orchestrator.trigger_auto_scaling'],
    health: ['unified_production_orchestrator.get_system_health'],
    metrics: ['unified_production_orchestrator.collect_production_metrics'],
    setAutoScaling: ['production_orchestrator_unified.set_auto_scaling'],
    slaStatus: ['master_orchestrator.get_sla_status'],
  },
  security: {
    audit: ['security_orchestrator_integration.log_agent_action'],
    authenticate: ['security_orchestrator_integration.authenticate_request'],
    authorize: ['security_orchestrator_integration.authorize_request'],
    complianceReport: ['security_orchestrator_integration.generate_compliance_report'],
    configureOAuth: ['security_orchestrator_integration.configure_oauth_provider'],
    metrics: ['security_orchestrator_integration.get_security_metrics'],
    reportThreat: ['security_orchestrator_integration.detect_security_threat'],
    subscribe: [
      'security_orchestrator_integration.add_compliance_handler',
      'security_orchestrator_integration.add_security_event_handler',
    ],
  },
};
