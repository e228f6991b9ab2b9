/** @file Baselines that are no neural networks: what recipes are compared with. */
export { LogisticRegression, type LogisticRegressionOptions } from './logistic-regression.ts'
export { NaiveBayes } from './naive-bayes.ts'
export type { SparseRow } from './sparse.ts'
export { TfIdf, type TfIdfOptions } from './tf-idf.ts'
export { ridge, softmaxRegression, tunedRidge, type Predictor } from './linear.ts'
export { neighbourDistance } from './neighbours.ts'
export { PCA } from './pca.ts'
export { scikitLearnSplits, type ScikitLearnSplit } from './reference.ts'
