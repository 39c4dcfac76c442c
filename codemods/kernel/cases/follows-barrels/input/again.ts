export * from './core/star.js';
export { default as Renamed } from './core/default';
