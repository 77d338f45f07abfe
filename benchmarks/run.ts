import { isolationOfArms } from "./arms/isolation.js";
import { parseOptions } from "./options.js";
import { writePage } from "./report-page.js";
import { runSuite } from "./suite.js";

await runSuite(parseOptions(), { isolation: isolationOfArms, writePage });
