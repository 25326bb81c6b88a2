//! Model files as they lie on disk: safetensors folders and ONNX graphs, read without loading their
//! weights, edited without touching a byte that did not have to change.
//!
//! Everything here treats its input as hostile: lengths are checked before they are used, paths named
//! inside a model never leave its folder, and no input makes the process panic or abort.
//!
//! ```no_run
//! use declass_formats::{Artifact, Diff, Edits, NewTensor};
//! # fn main() -> Result<(), declass_formats::FormatError> {
//! let model = Artifact::open("model.safetensors".as_ref())?;
//! let bias = model.tensor("fc.bias")?.clone();
//! let mut edits = Edits::default();
//! let zeros = vec![0; bias.byte_len()];
//! edits.tensors.insert("fc.bias".into(), NewTensor { info: bias, data: zeros });
//! model.write(&edits, "out".as_ref(), &|_| ())?;
//! let diff = Diff::between(&model, &Artifact::open("out".as_ref())?, &|_| ())?;
//! assert_eq!(diff.tensors.len(), 1);
//! # Ok(())
//! # }
//! ```

mod artifact;
mod beside;
mod diff;
mod digest;
mod edits;
mod error;
mod folder;
mod json;
pub mod onnx;
mod open;
mod part;
mod pieces;
mod reader;
mod regular;
mod safetensors;
mod tensor;
mod twins;
mod weights;
mod write;

pub use artifact::{Artifact, Format, ModelFile, Role};
pub use beside::{
    BEGINNING, Looked, Suspicion, is_surely_weights, is_weight_ending, is_weight_name, may_be_pointer,
    may_go_unsigned,
};
pub use diff::{Diff, FileDiff, StructureChange, TensorChange};
pub use digest::Sha256Digest;
pub use edits::Edits;
pub use error::{FormatError, Problem};
pub use folder::{RelPath, Skipped};
pub use json::{MAX_VALUES, parse_json};
pub use open::{LeaveOut, is_companion};
pub use reader::Fill;
pub use regular::read_regular;
pub use tensor::{Dtype, NewTensor, TensorInfo};
pub use twins::is_possible_twin;
