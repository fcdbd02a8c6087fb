/** The trained model in tfjs's own layout, for `tf.loadLayersModel('file://…/model.json')`. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PreparedTrial } from './prepare.ts';
import { publishDirectory } from './publish.ts';

/**
 * Publishes `model.json` and `weights.bin` as the directory `target`, in place of what was there.
 *
 * @returns null, or a warning: an export that fails must not fail a training that is complete and has its checkpoint
 */
export async function exportModel({ tf, model }: PreparedTrial, target: string): Promise<string | null> {
  try {
    await publishDirectory(target, async (directory) => {
      await model.save(
        tf.io.withSaveHandler(async (artifacts) => {
          const { weightData, weightSpecs = [], ...rest } = artifacts;
          const json = { ...rest, weightsManifest: [{ paths: ['weights.bin'], weights: weightSpecs }] };
          await writeFile(join(directory, 'model.json'), JSON.stringify(json), { mode: 0o600 });
          const weights = tf.io.CompositeArrayBuffer.join(weightData);
          await writeFile(join(directory, 'weights.bin'), Buffer.from(weights), { mode: 0o600 });
          return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
        }),
      );
    });
    return null;
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return `the model could not be exported to ${target}: ${words}. The last checkpoint holds its weights`;
  }
}
