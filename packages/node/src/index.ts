/** @file @diffeo/node: what needs a file system. */
export * as datasets from './datasets/index.ts'
export * as images from './images/index.ts'
export * as recipes from './recipes/index.ts'
export * as text from './text/index.ts'
export { main } from './cli/main.ts'
export { classify, loadRun, test, type Classifier, type LoadedRun, type TestResult } from './run/model.ts'
export { loadConfig, type RunConfig } from './run/folder.ts'
export { trainRecipe, type RunOptions, type RunResult } from './run/train.ts'
