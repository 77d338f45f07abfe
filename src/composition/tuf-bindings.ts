import type { ContainerModuleLoadOptions } from "inversify";
import type { TufOptions } from "./distinction-options.js";
export function bindTuf(_load: ContainerModuleLoadOptions, _options: TufOptions): void {}
