module.exports = require('@hive/core/simple_orchestrator');
