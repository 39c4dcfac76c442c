#!/usr/bin/env node
"use strict"
import {SimpleOrchestrator, AgentRole} from "@hive/core/simple_orchestrator"
import other from 'other'

	const o = new SimpleOrchestrator()
	o.spawn_agent({role: AgentRole.QA_ENGINEER, agent_id: other})
