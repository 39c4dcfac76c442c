/**
 * Node 22 says at every start that node:sqlite is experimental. The suite of the store runs on each version of Node
 * that is supported, and people and programs read stderr: this one warning is left out, every other is printed.
 */
const { emitWarning } = process;

process.emitWarning = ((...warning: [string | Error]) => {
  if (!`${warning[0]}`.startsWith('SQLite is an experimental feature')) Reflect.apply(emitWarning, process, warning);
}) as typeof emitWarning;
