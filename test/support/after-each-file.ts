import { afterAll } from "vitest";
import { endChildren } from "./child.js";

// Runs for every file, where files share the module with the children, too.
afterAll(endChildren);
