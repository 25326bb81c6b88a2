//! An opened model, whatever its format.
// Agreed interface:
// pub enum Format { Onnx, Safetensors }            (Display: "ONNX", "safetensors")
// pub enum Role { Card, Companion, Config, Weights }   Card = README.md
// pub struct ModelFile { pub path: RelPath, pub size: u64, pub role: Role }
// impl Artifact {
//   pub fn open(path: &Path) -> Result<Self, FormatError>
//   pub fn path(&self) -> &Path            as the user named it
//   pub fn folder(&self) -> &Path          the folder the files are relative to
//   pub fn format(&self) -> Format
//   pub fn files(&self) -> &[ModelFile]    what a copy consists of, sorted by path components
//   pub fn left_out(&self) -> &[RelPath]   files a copy leaves behind (other weight formats, old signatures/claims)
//   pub fn tensors(&self) -> &BTreeMap<String, TensorInfo>     all stored tensors
//   pub fn tensor(&self, name: &str) -> Result<&TensorInfo, FormatError>
//   pub fn read_tensor(&self, name: &str) -> Result<Vec<u8>, FormatError>   row-major little-endian bytes
//   pub fn config(&self) -> Option<&serde_json::Value>   parsed config.json (an object), preserve_order
//   pub fn graph(&self) -> Option<&onnx::Graph>
//   pub fn read_file(&self, path: &RelPath) -> Result<Vec<u8>, FormatError>   for small text files (cap 64 MB)
//   pub fn write(&self, edits: &Edits, dest: &Path, on_bytes: &(dyn Fn(u64) + Sync)) -> Result<(), FormatError>
//       dest: new or empty folder; on_bytes is told of bytes written as they are (progress)
// }
