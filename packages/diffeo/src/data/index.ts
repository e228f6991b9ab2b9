/** @file `data`: data sets, loaders, splits, scalers. */
export { collate, type Collated, type CollateOptions } from './collate.ts'
export {
  CacheDataset, ConcatDataset, ShuffleBuffer, StackDataset, TransformDataset, type Transform,
} from './combine.ts'
export {
  Subset, type BatchedDataset, type Dataset, type EpochDataset, type IterableDataset,
} from './dataset.ts'
export {
  LabelEncoder, OneHotEncoder, OrdinalEncoder, type Categories, type Category,
} from './encoders.ts'
export { describe, type DescribeOptions, type Description, type PartDescription } from './describe.ts'
export { kFold, randomSplit, timeSeriesSplit, type Fold, type KFoldOptions, type TimeSeriesOptions } from './folds.ts'
export { parseCifar, type CifarImages, type CifarOptions } from './formats/cifar.ts'
export { parseCsv, type CsvOptions } from './formats/csv.ts'
export { decodeUtf8, FormatError, type OnError } from './formats/error.ts'
export { parseIdx } from './formats/idx.ts'
export { parseJsonLines, type JsonLines, type JsonLinesOptions } from './formats/json-lines.ts'
export { encodeNpy, parseNpy } from './formats/npy.ts'
export { encodeWav, parseWav, type Audio } from './formats/wav.ts'
export { crc32, encodeNpz, encodeZip, parseNpz, readZip, type ZipEntry } from './formats/zip.ts'
export { SimpleImputer, type ImputerOptions } from './imputer.ts'
export { DataLoader, type LoaderOptions, type LoaderState, type Skipped } from './loader.ts'
export type { NdArray } from './ndarray.ts'
export { installWorkers, type SpawnWorker, type WorkerOptions, type WorkerPort } from './pool.ts'
export { Random } from './random.ts'
export {
  BucketSampler, DistributedSampler, RandomSampler, SubsetRandomSampler, WeightedRandomSampler,
  type DistributedOptions, type Sampler,
} from './samplers.ts'
export { MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler } from './scaler.ts'
export { shard, type WorkerPlace } from './shards.ts'
export { trainTestSplit, type Keys, type SplitOptions, type Splittable } from './split.ts'
export { Table, type Column, type ColumnType } from './table.ts'
export { TableEncoder, type TableEncoderOptions } from './table-encoder.ts'
export { TensorDataset, type HostRows, type RowSource, type TensorsOf } from './tensor-dataset.ts'
export { MixDataset, type MixOptions } from './transforms/augment.ts'
export * as transforms from './transforms/index.ts'
export { BPETokenizer, type BPEOptions } from './text/bpe.ts'
export { nearDuplicates, type NearDuplicateOptions } from './text/near-duplicates.ts'
export { CharTokenizer, WordTokenizer, type Tokenizer, type WordOptions } from './text/tokenizers.ts'
export { padSequences, Vocabulary, type Padded, type PadOptions, type VocabularyOptions } from './text/vocabulary.ts'
export { WindowDataset, type WindowOptions } from './windows.ts'
