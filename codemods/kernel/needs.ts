/** What rewritten code imports. */
export type Need = { readonly name: string; readonly from: BanyanModule; readonly isType: boolean };

/** In the order in which imports are written. */
export const BANYAN_MODULES = ['banyan/kernel', 'banyan/plugins', 'banyan/adapters'] as const;
export type BanyanModule = (typeof BANYAN_MODULES)[number];

export const KERNEL: Need = { name: 'OrchestratorV2', from: 'banyan/kernel', isType: false };
export const INTERFACE: Need = { name: 'legacyInterface', from: 'banyan/adapters', isType: false };
export const INTERFACE_TYPE: Need = { name: 'LegacyInterface', from: 'banyan/adapters', isType: true };

export function plugin(name: string): Need {
  return { name, from: 'banyan/plugins', isType: false };
}
