import { describe, expect, it } from 'vitest';
import * as adapters from '../../../adapters/index.ts';
import { exportNames } from '../../../codemods/kernel/module.ts';
import { LEGACY_MODULES } from '../../../codemods/kernel/modules.ts';
import { INTERFACE, KERNEL } from '../../../codemods/kernel/needs.ts';
import * as kernel from '../../../src/kernel/index.ts';

it('imports names that Banyan exports', () => {
  expect(kernel).toHaveProperty(KERNEL.name);
  expect(adapters).toHaveProperty(INTERFACE.name);
});

describe.each(Object.keys(LEGACY_MODULES) as (keyof typeof LEGACY_MODULES)[])('the row of %s', (type) => {
  const row = LEGACY_MODULES[type];
  const adapter = adapters.ADAPTERS[type];

  it('constructs the kernel that the adapter of the type asks for', () => {
    expect(row.type).toBe(type);
    expect(row.construction.config).toEqual(adapter.kernel);
  });

  it('knows the class and the methods that the interface has', () => {
    expect(row.className).toBe(adapter.className);
    expect(row.methods.toSorted()).toEqual(Object.keys(adapter.methods).sort());
  });

  it('gives enum members values that the interface accepts', () => {
    const parameters = Object.values(adapter.methods).flat();
    const enums = parameters.map(({ type: of }) => of).filter((of) => typeof of === 'object');
    for (const [name, members] of Object.entries(row.enums)) {
      const accepted = enums.find((one) => one.enum === name);
      expect(Object.values(members).sort()).toEqual(accepted?.values.toSorted());
    }
  });

  it('knows the class of every error that the interface throws', () => {
    expect(Object.keys(row.errors)).toEqual(expect.arrayContaining(Object.keys(adapter.errors)));
    for (const caught of Object.values(row.errors).flat()) expect(exportNames(row)).toContain(caught);
  });
});
