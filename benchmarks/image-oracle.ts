import { isDeepStrictEqual } from "node:util";
import type { LoadedImage } from "./arms/images/image-arm.js";
import { Rows, selectImage } from "./arms/images/rows.js";
import { changeEverything, imageContent, type ImageContent, type Shape } from "./model/image.js";

/** Does to an image in memory, one after the other, what an arm does to the stored one, and knows the difference. */
export class ImageOracle {
  readonly #content: ImageContent & { readonly id: string };

  constructor(index: number, shape: Shape) {
    this.#content = imageContent(index, shape);
  }

  /** A save of it is nothing: the change itself is what counts. */
  get image(): LoadedImage {
    const { attributes, properties, tags } = this.#content;
    return {
      property: (name) => properties.get(name),
      rename: (name) => Promise.resolve(void (attributes["name"] = name)),
      setProperty: (name, value) => Promise.resolve(void properties.set(name, value)),
      addTag: (tag) => Promise.resolve(void tags.add(tag)),
      removeTag: (tag) => Promise.resolve(void tags.delete(tag)),
      changeEverything: (round) => Promise.resolve(changeEverything(this.#content, round)),
      saveUnchanged: () => Promise.resolve(),
    };
  }

  /** Reads the image past all arms. Throws where an attribute, a property, a tag or a location is not what it must be. */
  async verify(url: string, arm: string, version?: number): Promise<void> {
    const rows = new Rows({ url, poolSize: 1 }, undefined);
    try {
      const stored = await selectImage(rows.run, this.#content.id);
      const [found, expected] = [stored, this.#content].map(comparable);
      for (const part of Object.keys(expected!)) {
        if (isDeepStrictEqual(found![part], expected![part])) continue;
        throw new Error(`${arm}: the ${part} of ${stored.id} are not as the last update left them`);
      }
      if (version !== undefined && stored.version !== version) {
        throw new Error(`${arm}: ${stored.id} has version ${stored.version} instead of ${version}`);
      }
    } finally {
      await rows.close();
    }
  }
}

/** Without order. */
function comparable({ attributes, properties, tags, locations }: ImageContent): Record<string, unknown> {
  return {
    attributes: { ...attributes },
    properties: Object.fromEntries(properties),
    tags: [...tags].sort(),
    locations: Object.fromEntries([...locations].map(([id, location]) => [id, { ...location }])),
  };
}
