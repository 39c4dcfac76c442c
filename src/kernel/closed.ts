import { BanyanError } from '../contract/errors.ts';

/** What whoever still asks or waits is told when the kernel ends. */
export function kernelClosed(): BanyanError {
  return new BanyanError('KERNEL_CLOSED', 'the kernel was closed');
}

export function isKernelClosed(error: unknown): error is BanyanError {
  return error instanceof BanyanError && error.code === 'KERNEL_CLOSED';
}
