#!/usr/bin/env node
import { Orchestrator } from './core/index.ts';
import { Desk } from './desk.ts';
import { secondShift } from './late.ts';
import { rolesFor } from './roster.ts';

const orchestrator = new Orchestrator();
const desk = new Desk(orchestrator);
const said: unknown[] = [];

for (const role of rolesFor(['outage', 'layout'])) said.push(await desk.hire(role, `${role}-1`));
said.push(await desk.hire('qa_engineer', 'devops_engineer-1'));

for (const kind of ['layout', 'outage', 'regression']) said.push(await desk.hand({ kind, text: `a ${kind}` }));
said.push(desk.refused);

const overview = await orchestrator.get_system_status();
if (!('agents' in overview)) throw new Error('the orchestrator is not well');
const { agents, tasks, health } = overview;
const records = Object.values(agents.details).map(({ id, role, status, current_task_id }) => {
  return [id, role, status, current_task_id === null ? 'free' : 'busy'];
});
said.push([agents.total, agents.by_status, tasks, health, records]);

said.push(await orchestrator.shutdown_agent({ agent_id: 'frontend_developer-1', graceful: false }));
said.push(await orchestrator.shutdown_agent({ agent_id: 'nobody' }));
said.push(await secondShift());
console.log(JSON.stringify(said, null, 2));
