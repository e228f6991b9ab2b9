/** @file The small real data sets that come with scikit-learn, read from its wheel or as it is installed. */
import { data, DataError, tensor, type Tensor } from 'diffeo'
import { pythonPackage, type PackageFiles } from './wheel.ts'

/** Numbers of examples, and what is to be foretold of each. */
export interface TableData {
  readonly name: string
  /** What it is and where it came from: print it. */
  readonly description: string
  readonly featureNames: readonly string[]
  /** The classes that `y` counts; empty where `y` is numbers. */
  readonly classNames: readonly string[]
  /** float32 [examples, features], as they were measured. */
  readonly x: Tensor
  /** Classes as int32 [examples]; or float32 [examples, targets]. */
  readonly y: Tensor
}

interface Source {
  readonly about: string
  readonly features: readonly string[]
  /** Of a file whose last column is the class. */
  readonly classes?: readonly string[]
  /** A file of features, or of features and class. */
  readonly file: string
  readonly delimiter?: string
  /** Whether its first line says something else. */
  readonly headed?: boolean
  /** The file of the numbers to be foretold, and their names. */
  readonly target?: { readonly file: string; readonly names: readonly string[]; readonly headed?: boolean }
}

const measured = ['radius', 'texture', 'perimeter', 'area', 'smoothness', 'compactness', 'concavity', 'concave points',
  'symmetry', 'fractal dimension']
const digits = Array.from({ length: 10 }, (_, i) => String(i))

/** Names of columns are those of scikit-learn. */
const sources = {
  diabetes: {
    about: '442 patients with diabetes: ten measurements each, and how far the disease had come a year later',
    features: ['age', 'sex', 'bmi', 'bp', 's1', 's2', 's3', 's4', 's5', 's6'],
    file: 'diabetes_data_raw.csv.gz', delimiter: ' ',
    target: { file: 'diabetes_target.csv.gz', names: ['progression'] },
  },
  'breast-cancer': {
    about: '569 tumours of the breast: thirty measurements of the nuclei of their cells, malignant or benign',
    features: ['mean', 'error', 'worst'].flatMap(kind =>
      measured.map(m => (kind === 'error' ? `${m} error` : `${kind} ${m}`))),
    classes: ['malignant', 'benign'], file: 'breast_cancer.csv', headed: true,
  },
  wine: {
    about: '178 wines of one region from three growers: thirteen results of their chemical analysis',
    features: ['alcohol', 'malic_acid', 'ash', 'alcalinity_of_ash', 'magnesium', 'total_phenols', 'flavanoids',
      'nonflavanoid_phenols', 'proanthocyanins', 'color_intensity', 'hue', 'od280/od315_of_diluted_wines', 'proline'],
    classes: ['class_0', 'class_1', 'class_2'], file: 'wine_data.csv', headed: true,
  },
  iris: {
    about: '150 irises of three kinds: length and width of sepals and petals in centimetres',
    features: ['sepal length', 'sepal width', 'petal length', 'petal width'],
    classes: ['setosa', 'versicolor', 'virginica'], file: 'iris.csv', headed: true,
  },
  digits: {
    about: '1,797 handwritten digits of 8×8 pixels from 0 to 16',
    features: Array.from({ length: 64 }, (_, i) => `pixel_${Math.floor(i / 8)}_${i % 8}`),
    classes: digits, file: 'digits.csv.gz',
  },
  linnerud: {
    about: '20 men of a fitness club: three exercises, and weight, waist and pulse',
    features: ['Chins', 'Situps', 'Jumps'], file: 'linnerud_exercise.csv', delimiter: ' ', headed: true,
    target: { file: 'linnerud_physiological.csv', names: ['Weight', 'Waist', 'Pulse'], headed: true },
  },
} satisfies Record<string, Source>

export type ScikitLearnName = keyof typeof sources
export const scikitLearnNames = Object.keys(sources) as ScikitLearnName[]

/**
 * A data set of scikit-learn's package: from its wheel (`path`, DIFFEO_DATA, or the folder of fetched wheels), or from
 * where the package is installed. Features are as they were measured: scale them by what the training part says.
 * @param options.path - a wheel, or a folder that holds a wheel or the package
 * @throws MissingData naming the command that gets it; DataError where a file is not what it must be
 * @example
 * const { x, y } = await datasets.scikitLearn('diabetes')
 * const [xTrain, xTest, yTrain, yTest] = data.trainTestSplit(x, y, { testSize: 0.2, seed: 0 })
 */
export async function scikitLearn(name: ScikitLearnName, { path }: { path?: string } = {}): Promise<TableData> {
  if (!Object.hasOwn(sources, name))
    throw new DataError(`scikitLearn: there is no set '${String(name)}'; there are ${scikitLearnNames.join(', ')}`)
  const { about, features, classes = [], file, delimiter = ',', headed, target }: Source = sources[name]
  const files = await pythonPackage({ name: 'scikit-learn', folder: 'sklearn' }, path)
  const columns = classes.length > 0 ? [...features, 'class'] : features
  const table = await tableOf(files, file, { columns, delimiter, headed })
  const y = target
    ? (await tableOf(files, target.file, { columns: target.names, delimiter: ' ', headed: target.headed })).tensor(
        target.names,
      )
    : tensor(classesOf(table.numbers('class'), classes, `${files.from}, ${file}`))
  if (y.shape[0] !== table.length)
    throw new DataError(`${files.from}: ${file} has ${table.length} examples, ${target?.file} ${y.shape[0]}`)
  return {
    name,
    description: `${about} (scikit-learn)`,
    featureNames: features,
    classNames: classes,
    x: table.tensor(features),
    y,
  }
}

interface Layout { readonly columns: readonly string[]; readonly delimiter: string; readonly headed?: boolean }

async function tableOf(files: PackageFiles, name: string, { columns, delimiter, headed }: Layout): Promise<data.Table> {
  const file = `${files.from}, ${name}`
  const bytes = await files.read(`sklearn/datasets/data/${name}`)
  const from = headed ? bytes.indexOf(10) + 1 : 0
  const types = Object.fromEntries(columns.map(c => [c, 'number' as const]))
  const table = data.parseCsv(bytes.subarray(from), { header: columns, types, delimiter, file })
  if (table.length === 0) throw new DataError(`${file}: there are no rows`)
  const wrong = columns.find(c => !table.numbers(c).every(Number.isFinite))
  if (wrong !== undefined) throw new DataError(`${file}: column '${wrong}' lacks a number`)
  return table
}

function classesOf(found: Float64Array, classes: readonly string[], file: string): Int32Array {
  const wrong = found.find(c => !Number.isInteger(c) || c < 0 || c >= classes.length)
  if (wrong !== undefined) throw new DataError(`${file}: there is a class ${wrong}; there are ${classes.length}`)
  return Int32Array.from(found)
}
