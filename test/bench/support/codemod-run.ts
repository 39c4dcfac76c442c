/** One run in a process of its own, so that its memory and its start are its own: prints what it took. */
import { runCodemod } from '../../../codemods/index.ts';

const [folder = '.'] = process.argv.slice(2);
const { files, references } = await runCodemod('kernel', { paths: [folder], cwd: folder });
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
const cpuSeconds = (userCPUTime + systemCPUTime) / 1e6;
console.log(
  JSON.stringify({ cpuSeconds, megabytes: maxRSS / 1024, changed: files.changed, rewritten: references.rewritten }),
);
