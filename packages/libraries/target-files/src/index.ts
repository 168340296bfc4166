export { type FileTargets, lookEveryMs, targetFiles, type TargetFilesOptions } from './target-files.ts';
export { parseTargetFile, TargetFileError, type TargetGroup } from './parse.ts';
