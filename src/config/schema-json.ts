import { z } from 'zod';
import { CONFIG } from './schema.ts';

/** The part of JSON Schema that our schema uses. */
export type JsonSchema = {
  readonly title?: string;
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | false;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly required?: readonly string[];
};

/** The config file as a JSON Schema for editors (draft 7, which yaml-language-server reads). */
export function configJsonSchema(): JsonSchema {
  built ??= { title: 'banyan.yaml', ...(z.toJSONSchema(CONFIG, { io: 'input', target: 'draft-7' }) as JsonSchema) };
  return built;
}

/** Built when first asked for: a config without problems needs none. */
let built: JsonSchema | undefined;
