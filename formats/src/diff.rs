//! What differs between two models, down to the tensor, and the digests of both, in one pass.
// Agreed interface:
// pub struct Diff { pub files: Vec<FileDiff>, pub tensors: Vec<TensorChange>, pub structure: Vec<StructureChange>,
//                   pub tensor_count: usize, pub value_count: u64 }       counts are of the first model
// pub struct FileDiff { pub path: RelPath, pub before: Option<Sha256Digest>, pub after: Option<Sha256Digest> }
//     every file of either model (union of Artifact::files), sorted
// pub struct TensorChange { pub name: String, pub before: Option<TensorInfo>, pub after: Option<TensorInfo>, pub values: u64 }
//     values: how many elements differ bytewise (same shape), or the elements of the larger one (shape changed)
// pub struct StructureChange { pub place: String, pub what: String }
//     everything else that differs inside a weights file: safetensors metadata, tensor order, any ONNX message
//     (nodes by index and name, inputs, outputs, value_info, metadata_props, opsets, ...), so that
//     "no tensors, no structure" means: the weights files are byte-identical in all that a reader can see
// impl Diff { pub fn between(before: &Artifact, after: &Artifact, on_bytes: &(dyn Fn(u64) + Sync)) -> Result<Self, FormatError> }
// one pass over each file, both digests computed at the same time on two threads, constant memory
