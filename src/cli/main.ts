#!/usr/bin/env node
import './quiet-sqlite.ts';

// Loaded once warnings are looked at: node:sqlite warns while a program is put together.
const { run } = await import('./program.ts');

process.exitCode = await run(process.argv, { stdout: process.stdout, stderr: process.stderr, env: process.env });
