import type { Draft } from '../draft.ts';
import type { Objection } from '../problems.ts';
import { listenRules } from './listens.ts';
import { matchRules } from './matches.ts';
import { operationRules } from './operations.ts';
import { preferenceRules } from './preferences.ts';
import { upstreamRules } from './upstreams.ts';

/** A rule over several keys of the config: what it objects to. */
export type Rule = (draft: Draft) => readonly Objection[];

export const RULES: readonly Rule[] = [listenRules, upstreamRules, matchRules, operationRules, preferenceRules];
