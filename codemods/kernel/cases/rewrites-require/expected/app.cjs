'use strict';
const { OrchestratorV2 } = require('banyan/kernel');
const { legacyInterface } = require('banyan/adapters');
const { OrchestratorV2: OrchestratorV2_1 } = require("banyan/kernel")
const { legacyInterface: legacyInterface_1 } = require("banyan/adapters")
var fs = require('fs');

const orchestrator = legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 }));
orchestrator.spawn_agent({ role: 'qa_engineer' });
module.exports = { orchestrator, second: legacyInterface_1('simple_orchestrator', new OrchestratorV2_1({ agentsMax: 50 })), fs };
