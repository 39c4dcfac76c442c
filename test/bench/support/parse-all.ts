/** What a codemod costs that parses every file to find the few that matter: prints what it took. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Project } from 'ts-morph';

const [folder = '.'] = process.argv.slice(2);
const project = new Project({ skipAddingFilesFromTsConfig: true, skipFileDependencyResolution: true });
const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
let hits = 0;
for (const path of paths) {
  const file = project.addSourceFileAtPath(join(folder, path));
  if (file.getImportDeclarations().some((one) => one.getModuleSpecifierValue().startsWith('@hive/core/'))) hits += 1;
}
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
console.log(JSON.stringify({ cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, megabytes: maxRSS / 1024, hits }));
