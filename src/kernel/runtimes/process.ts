import { BanyanError } from '../../contract/errors.ts';
import type { StartSession } from './runtime.ts';

export const startProcess: StartSession<'process'> = () => {
  throw new BanyanError('INTERNAL', 'not there yet');
};
