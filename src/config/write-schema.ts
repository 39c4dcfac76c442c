/**
 * Writes banyan.schema.json, which editors read to complete and check config files. Run after a change of
 * the schema: `node src/config/write-schema.ts`.
 */
import { writeFileSync } from 'node:fs';
import { configJsonSchema } from './schema-json.ts';

const file = new URL('../../banyan.schema.json', import.meta.url);
writeFileSync(file, `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
