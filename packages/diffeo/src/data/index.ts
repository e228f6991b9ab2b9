/** @file `data`: data sets, loaders, splits, scalers. */
export { collate, type Collated, type CollateOptions } from './collate.ts'
export { Subset, type BatchedDataset, type Dataset, type IterableDataset } from './dataset.ts'
export { DataLoader, type LoaderOptions, type LoaderState } from './loader.ts'
export { MinMaxScaler, StandardScaler } from './scaler.ts'
export { trainTestSplit, type SplitOptions } from './split.ts'
export { TensorDataset, type HostRows, type RowSource, type TensorsOf } from './tensor-dataset.ts'
