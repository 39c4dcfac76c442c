import Desk, * as defaults from './defaults';

export const all = [new Desk(), defaults.patience];
