/** What of a frame tells where it comes from. */
interface Origin {
  readonly name: string;
  readonly function: string;
  readonly file: string;
  readonly binary: string;
}

/** What a frame belongs to: its package or crate or namespace, else the folder of its file, else its binary. */
export function placeOf({ name, function: called, file, binary }: Origin): string {
  const module = /.*\/(?:node_modules|site-packages|dist-packages)\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1];
  if (module !== undefined) return module;
  if (/\.go$|\/src\/runtime\/.*\.s$/.test(file) || (file === '' && /^[\w.~-]+\/[\w./~-]+\.\S/.test(called)))
    return goPackage(called);
  // C++ and Rust: the outermost namespace, of `<alloc::vec::Vec<T> as …>::f` alloc.
  const namespace = /^[<&*\s]*(?:(?:dyn|mut|const)\s+)*([A-Za-z_]\w*)::/.exec(called)?.[1];
  if (namespace !== undefined) return namespace;
  if (file !== '') return file.slice(0, Math.max(0, file.lastIndexOf('/'))) || file;
  return binary.slice(binary.lastIndexOf('/') + 1) || name;
}

/** `github.com/a/b` of `github.com/a/b.(*T).Method`. */
function goPackage(name: string): string {
  const begin = name.lastIndexOf('/', name.search(/[[(]|$/)) + 1;
  const end = name.indexOf('.', begin);
  return end === -1 ? name : name.slice(0, end);
}
