import { imageType, type Image } from "./image-type.js";

const NAMES = [...Object.keys(imageType.attributes), ...Object.keys(imageType.collections)] as (keyof Image)[];

/**
 * Passes everything to the image inside. Layers extend it and override what they care about; an `ImageRepositoryProxy`
 * puts it around the images that it gives out, and takes it off those that it gets.
 */
export class ImageProxy implements Image {
  constructor(protected readonly inner: Image) {}

  /** The image that a proxy is around. */
  static within(proxy: ImageProxy): Image {
    return proxy.inner;
  }

  /** As of any image: what the layers show, and none of the layers themselves. */
  toJSON(): object {
    return Object.fromEntries(NAMES.map((name) => [name, this[name]]));
  }

  get id(): string {
    return this.inner.id;
  }

  get createdAt(): Image["createdAt"] {
    return this.inner.createdAt;
  }

  set createdAt(value: Image["createdAt"]) {
    this.inner.createdAt = value;
  }

  get updatedAt(): Image["updatedAt"] {
    return this.inner.updatedAt;
  }

  set updatedAt(value: Image["updatedAt"]) {
    this.inner.updatedAt = value;
  }

  get name(): Image["name"] {
    return this.inner.name;
  }

  set name(value: Image["name"]) {
    this.inner.name = value;
  }

  get status(): Image["status"] {
    return this.inner.status;
  }

  set status(value: Image["status"]) {
    this.inner.status = value;
  }

  get visibility(): Image["visibility"] {
    return this.inner.visibility;
  }

  set visibility(value: Image["visibility"]) {
    this.inner.visibility = value;
  }

  get osHidden(): Image["osHidden"] {
    return this.inner.osHidden;
  }

  set osHidden(value: Image["osHidden"]) {
    this.inner.osHidden = value;
  }

  get protected(): Image["protected"] {
    return this.inner.protected;
  }

  set protected(value: Image["protected"]) {
    this.inner.protected = value;
  }

  get minDisk(): Image["minDisk"] {
    return this.inner.minDisk;
  }

  set minDisk(value: Image["minDisk"]) {
    this.inner.minDisk = value;
  }

  get minRam(): Image["minRam"] {
    return this.inner.minRam;
  }

  set minRam(value: Image["minRam"]) {
    this.inner.minRam = value;
  }

  get owner(): Image["owner"] {
    return this.inner.owner;
  }

  set owner(value: Image["owner"]) {
    this.inner.owner = value;
  }

  get diskFormat(): Image["diskFormat"] {
    return this.inner.diskFormat;
  }

  set diskFormat(value: Image["diskFormat"]) {
    this.inner.diskFormat = value;
  }

  get containerFormat(): Image["containerFormat"] {
    return this.inner.containerFormat;
  }

  set containerFormat(value: Image["containerFormat"]) {
    this.inner.containerFormat = value;
  }

  get size(): Image["size"] {
    return this.inner.size;
  }

  set size(value: Image["size"]) {
    this.inner.size = value;
  }

  get virtualSize(): Image["virtualSize"] {
    return this.inner.virtualSize;
  }

  set virtualSize(value: Image["virtualSize"]) {
    this.inner.virtualSize = value;
  }

  get checksum(): Image["checksum"] {
    return this.inner.checksum;
  }

  set checksum(value: Image["checksum"]) {
    this.inner.checksum = value;
  }

  get osHashAlgo(): Image["osHashAlgo"] {
    return this.inner.osHashAlgo;
  }

  set osHashAlgo(value: Image["osHashAlgo"]) {
    this.inner.osHashAlgo = value;
  }

  get osHashValue(): Image["osHashValue"] {
    return this.inner.osHashValue;
  }

  set osHashValue(value: Image["osHashValue"]) {
    this.inner.osHashValue = value;
  }

  get properties(): Image["properties"] {
    return this.inner.properties;
  }

  set properties(value: Image["properties"]) {
    this.inner.properties = value;
  }

  get tags(): Image["tags"] {
    return this.inner.tags;
  }

  set tags(value: Image["tags"]) {
    this.inner.tags = value;
  }

  get locations(): Image["locations"] {
    return this.inner.locations;
  }

  set locations(value: Image["locations"]) {
    this.inner.locations = value;
  }
}
