const legacy = require('@hive/core/simple_orchestrator'), fs = require('fs');
let SimpleOrchestrator;
({ SimpleOrchestrator } = require('@hive/core/simple_orchestrator'));
module.exports.SO = require('@hive/core/simple_orchestrator').SimpleOrchestrator;
exports.o = [new legacy.SimpleOrchestrator(), new SimpleOrchestrator(), fs];
