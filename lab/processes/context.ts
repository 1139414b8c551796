/** What a process of the lab is made from. */
import type { LabCredentials } from '../environment.ts';
import type { LabOptions } from '../options.ts';
import type { LabPaths } from '../paths.ts';
import type { Tools } from '../tools/ensure.ts';

export type ProcessContext = { paths: LabPaths; tools: Tools; options: LabOptions; credentials: LabCredentials };
