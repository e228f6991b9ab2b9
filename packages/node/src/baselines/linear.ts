/** @file Linear models of tables: ridge regression, and logistic regression of several classes. */
import { data, DataError, eye, linalg, nn, optim, tensor, zeros, type Tensor } from 'diffeo'

/** From features `[examples, features]` to what is foretold of each. */
export type Predictor = (x: Tensor) => Tensor

/**
 * Least squares with a penalty on the weights, w = (XᵀX + λI)⁻¹Xᵀy, features and targets moved to mean 0 so that the
 * constant is free; in float64.
 * @param x - `[examples, features]`, scaled
 * @param y - `[examples, targets]`
 * @param penalty - λ; 0 is linear regression, where no feature is a mixture of others
 * @throws ShapeError where x and y have unlike numbers of examples
 * @example const error = baselines.ridge(xTrain, yTrain, 1)(xTest).sub(yTest).abs().mean()
 */
export function ridge(x: Tensor, y: Tensor, penalty: number): Predictor {
  if (!(penalty >= 0)) throw new DataError(`ridge: the penalty is ${penalty}: expected a number from 0`)
  const [rows, targets] = [x.cast('float64'), y.cast('float64')]
  const [shift, level] = [rows.mean(0), targets.mean(0)]
  const centred = rows.sub(shift)
  const penalties = eye(x.shape[1], { dtype: 'float64' }).mul(penalty)
  const weights = linalg.solve(centred.T.matmul(centred).add(penalties), centred.T.matmul(targets.sub(level))).detach()
  return given => given.cast('float64').sub(shift).matmul(weights).add(level).cast(y.dtype)
}

/**
 * Ridge regression with that one of the penalties whose absolute error is least in cross-validation of five folds, each
 * a run of rows: for series too.
 * @example const predict = await baselines.tunedRidge(xTrain, yTrain, [0.1, 1, 10, 100])
 */
export async function tunedRidge(x: Tensor, y: Tensor, penalties: readonly number[]): Promise<Predictor> {
  const folds = data.kFold(x).map(({ train, test }) => ({ train: tensor(train), test: tensor(test) }))
  const errors = await Promise.all(penalties.map(async penalty => {
    const found = await Promise.all(folds.map(({ train, test }) =>
      ridge(x.indexSelect(0, train), y.indexSelect(0, train), penalty)(x.indexSelect(0, test))
        .sub(y.indexSelect(0, test)).abs().mean().item()))
    return found.reduce((a, b) => a + b)
  }))
  return ridge(x, y, penalties[errors.indexOf(Math.min(...errors))])
}

/**
 * Logistic regression of several classes: minimizes ½|W|² + c·Σ cross entropy by L-BFGS, as scikit-learn's
 * LogisticRegression; the constants are not held small.
 * @param x - `[examples, features]`, scaled
 * @param labels - int32 `[examples]`
 * @returns from features to log-odds `[examples, classes]`
 * @example const classes = baselines.softmaxRegression(xTrain, yTrain, { classes: 3 })(xTest).argmax(1)
 */
export function softmaxRegression(
  x: Tensor, labels: Tensor, { classes, c = 1 }: { classes: number; c?: number },
): Predictor {
  if (!(c > 0)) throw new DataError(`softmaxRegression: c is ${c}: expected a number above 0`)
  const model = new nn.Linear(x.shape[1], classes)
  model.weight.assign(zeros([classes, x.shape[1]]))
  model.bias!.assign(zeros([classes]))
  const optimizer = new optim.LBFGS(model.parameters(), { maxIter: 300, lineSearchFn: 'strong_wolfe' })
  const penalty = 0.5 / (c * x.shape[0])
  optimizer.minimize(() => nn.crossEntropy(model.forward(x), labels).add(model.weight.square().sum().mul(penalty)))
  return given => model.forward(given).detach()
}
