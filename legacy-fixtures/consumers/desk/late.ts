/** Loaded only when it is needed: the second shift. */
export async function secondShift() {
  const { create_simple_orchestrator } = await import('@hive/core/simple_orchestrator');
  const orchestrator = create_simple_orchestrator();
  await orchestrator.spawn_agent({ role: 'qa_engineer', agent_id: 'late' });
  return orchestrator.shutdown_agent({ agent_id: 'late' });
}
