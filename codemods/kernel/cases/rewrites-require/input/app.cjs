'use strict';
const { SimpleOrchestrator, AgentRole: Role } = require('@hive/core/simple_orchestrator');
const legacy = require("@hive/core/simple_orchestrator.js")
var fs = require('fs');

const orchestrator = new SimpleOrchestrator();
orchestrator.spawn_agent({ role: Role.QA_ENGINEER });
module.exports = { orchestrator, second: legacy.create_simple_orchestrator(), fs };
