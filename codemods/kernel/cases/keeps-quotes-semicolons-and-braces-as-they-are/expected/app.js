#!/usr/bin/env node
"use strict"
import {OrchestratorV2} from "banyan/kernel"
import {legacyInterface} from "banyan/adapters"
import other from 'other'

	const o = legacyInterface("simple_orchestrator", new OrchestratorV2({agentsMax: 50}))
	o.spawn_agent({role: "qa_engineer", agent_id: other})
